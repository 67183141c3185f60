fn main() {
    let make = std::process::Command::new::<&str>;
    make("id").spawn().unwrap();
}
