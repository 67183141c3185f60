use std::arch::asm;

fn main() {
    asm!("syscall");
}
