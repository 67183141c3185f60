fn main() {
    // std::process::Command::new("id")
    println!("std::fs::remove_file unsafe {{ }} {}", 1);
}
