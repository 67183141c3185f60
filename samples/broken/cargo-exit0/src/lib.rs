#[cfg(test)]
mod tests {
    #[test]
    fn a_before() {}

    #[test]
    fn b_culprit() {
        std::process::exit(0);
    }

    #[test]
    fn c_after() {}
}
