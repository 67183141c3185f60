use std::{fs, process::{self, Stdio}};

fn main() {
    let _ = fs::read("x");
    process::Command::new("id").stdout(Stdio::null()).spawn().unwrap();
}
