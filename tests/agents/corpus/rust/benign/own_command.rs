struct Command {
    name: String,
}

impl Command {
    fn new(name: &str) -> Self {
        Command { name: name.to_string() }
    }
    fn spawn(&self) -> usize {
        self.name.len()
    }
}

fn main() {
    println!("{}", Command::new("id").spawn());
}
