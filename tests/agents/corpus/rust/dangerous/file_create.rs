use std::fs::File;
use std::io::Write;

fn main() {
    let mut f = File::create("a").unwrap();
    f.write_all(b"x").unwrap();
}
