use libloading::Library;

fn main() {
    let _ = Library::new("x.so");
}
