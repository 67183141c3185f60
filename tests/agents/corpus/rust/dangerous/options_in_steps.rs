fn main() {
    let mut o = std::fs::OpenOptions::new();
    o.write(true);
    o.open("a").unwrap();
}
