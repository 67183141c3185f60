use std::process::Command as C;

fn main() {
    let _ = C::new("id").spawn();
}
