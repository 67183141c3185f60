use std::fs::*;

fn main() {
    remove_file("x").unwrap();
}
