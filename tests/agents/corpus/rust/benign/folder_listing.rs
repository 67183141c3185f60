use std::fs;
use std::path::Path;

fn main() {
    for e in fs::read_dir(".").unwrap() {
        println!("{:?}", e.unwrap().path());
    }
    println!("{} {:?}", Path::new("x").exists(), fs::metadata("y").is_ok());
}
