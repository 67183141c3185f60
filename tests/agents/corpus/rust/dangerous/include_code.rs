fn main() {
    include!("/tmp/x.rs");
}
