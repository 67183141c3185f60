use std::fs;

fn main() {
    fs::write("a", b"x").unwrap();
}
