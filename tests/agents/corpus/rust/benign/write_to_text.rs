use std::fmt::Write as _;
use std::io::{self, Write};

fn main() {
    let mut s = String::new();
    write!(s, "{}", 1).unwrap();
    io::stdout().write_all(s.as_bytes()).unwrap();
    io::stdout().flush().unwrap();
}
