use std::{env, process};

fn main() {
    let args: Vec<String> = env::args().collect();
    println!("{:?} {:?}", args, env::var("HOME"));
    process::exit(0);
}
