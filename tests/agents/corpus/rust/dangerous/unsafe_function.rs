unsafe fn f(p: *mut u8) {
    *p = 1;
}

fn main() {}
