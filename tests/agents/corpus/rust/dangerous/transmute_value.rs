fn main() {
    let f: fn() = std::mem::transmute(0usize);
}
