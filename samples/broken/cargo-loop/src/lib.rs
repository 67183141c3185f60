#[cfg(test)]
mod tests {
    #[test]
    fn ends() {}

    #[test]
    fn never_ends() {
        loop {
            std::hint::spin_loop();
        }
    }
}
