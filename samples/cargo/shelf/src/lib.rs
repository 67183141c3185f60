//! Adds up what lies on a shelf.

/// The value of all lines of a list.
///
/// ```
/// assert_eq!(shelf::total("2 * 3\n4"), Ok(10));
/// ```
pub fn total(list: &str) -> Result<i64, calc::Error> {
    list.lines()
        .filter(|line| !line.trim().is_empty())
        .map(calc::evaluate)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn empty_lines_count_nothing() {
        assert_eq!(total("1\n\n2\n"), Ok(3));
    }

    #[test]
    fn an_empty_list_is_zero() {
        assert_eq!(total(""), Ok(0));
    }

    #[test]
    fn one_mistake_spoils_the_total() -> Result<(), String> {
        match total("1\n+\n") {
            Err(calc::Error::Incomplete) => Ok(()),
            other => Err(format!("got {other:?}")),
        }
    }
}
