#[cfg(test)]
mod tests {
    #[test]
    fn a_before() {}

    #[test]
    fn b_culprit() {
        std::process::abort();
    }

    #[test]
    fn c_after() {}
}
