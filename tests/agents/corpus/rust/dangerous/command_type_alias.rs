type Runner = std::process::Command;

fn main() {
    Runner::new("id").spawn().unwrap();
}
