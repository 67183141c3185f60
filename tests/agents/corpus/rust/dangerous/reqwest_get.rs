fn main() {
    reqwest::blocking::get("http://example.com").unwrap();
}
