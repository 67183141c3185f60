fn main() {
    ["a", "b"].iter().map(std::fs::remove_file).for_each(drop);
}
