use std::fs::OpenOptions;

fn main() {
    let _ = OpenOptions::new().read(true).append(true).open("a");
}
