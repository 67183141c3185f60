fn main() {
    let p = 0x10 as *const u8;
    println!("{}", unsafe { *p });
    unsafe {
        let _ = *p;
    }
}
