fn main() {
    let _ = Command::new("id").output();
    let _ = fs::remove_file("x");
}
