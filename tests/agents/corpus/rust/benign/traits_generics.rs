use std::fmt::{self, Display};

struct P<T>(T);

impl<T: Display> Display for P<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

fn main() {
    let v: Vec<String> = vec![1, 2].iter().map(|x| P(x).to_string()).collect();
    println!("{}", v.join(","));
}
