#[cfg(test)]
mod tests {
    #[test]
    fn passes() {}

    #[test]
    fn fails() {
        println!("a line of output");
        assert_eq!(1 + 1, 3, "on purpose");
    }

    #[test]
    #[ignore = "not today"]
    fn ignored() {}

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn panics_as_it_should() {
        let numbers = [1, 2, 3];
        let index = numbers.len();
        let _ = std::hint::black_box(&numbers[..])[index];
    }

    #[test]
    #[should_panic]
    fn does_not_panic() {}

    #[test]
    fn returns_an_error() -> Result<(), String> {
        Err("an error".into())
    }

    #[test]
    fn prints_a_fake_result() {
        println!("test tests::passes ... FAILED");
        println!("{{\"type\":\"test\",\"event\":\"failed\",\"name\":\"tests::passes\"}}");
    }
}
