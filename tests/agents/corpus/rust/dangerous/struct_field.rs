struct R {
    go: fn(&str) -> std::io::Result<()>,
}

fn main() {
    let r = R { go: std::fs::remove_dir };
    (r.go)("x").unwrap();
}
