use std::fs::{self, File};
use std::io::{self, BufRead, Read};

fn main() -> io::Result<()> {
    let text = fs::read_to_string("data.txt")?;
    let mut f = File::open("data.txt")?;
    let mut s = String::new();
    f.read_to_string(&mut s)?;
    for line in io::stdin().lock().lines() {
        println!("{}", line?);
    }
    println!("{}", text.len());
    Ok(())
}
