use std::mem;

fn main() {
    let (mut a, mut b) = (1, 2);
    mem::swap(&mut a, &mut b);
    println!("{} {} {}", mem::replace(&mut a, 3), b, mem::size_of::<u8>());
}
