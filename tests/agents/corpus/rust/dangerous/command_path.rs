fn main() {
    std::process::Command::new("id").output().unwrap();
}
