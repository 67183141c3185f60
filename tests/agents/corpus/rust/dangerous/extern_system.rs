extern "C" {
    fn system(c: *const u8) -> i32;
}

fn main() {}
