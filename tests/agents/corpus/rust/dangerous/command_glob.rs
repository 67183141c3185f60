use std::process::*;

fn main() {
    Command::new("id").spawn().unwrap();
}
