use std::fs::remove_file as rm;

fn main() {
    rm("x").ok();
}
