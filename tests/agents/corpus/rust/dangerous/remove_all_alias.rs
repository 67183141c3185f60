use std::fs as f;

fn main() {
    f::remove_dir_all("/tmp/x").unwrap();
}
