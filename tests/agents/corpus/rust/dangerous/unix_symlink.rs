use std::os::unix::fs::symlink;

fn main() {
    symlink("a", "b").unwrap();
}
