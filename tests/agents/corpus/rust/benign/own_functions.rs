fn remove_file(x: &str) -> &str {
    x
}

fn write(a: i32) -> i32 {
    a
}

fn main() {
    println!("{} {}", remove_file("x"), write(1));
}
