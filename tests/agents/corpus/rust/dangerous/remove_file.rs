fn main() {
    std::fs::remove_file("x").unwrap();
}
