use std::fs;

fn main() {
    fs::rename("a", "b").unwrap();
}
