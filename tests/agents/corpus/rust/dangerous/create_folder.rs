fn main() {
    std::fs::create_dir_all("a/b").unwrap();
}
