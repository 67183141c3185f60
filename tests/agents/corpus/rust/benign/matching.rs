enum Op {
    Remove(String),
    Rename { from: String, to: String },
}

fn run(op: Op) -> String {
    match op {
        Op::Remove(s) => s,
        Op::Rename { from, to } => from + &to,
    }
}

fn main() {
    if let Some(x) = Some(1) {
        println!("{}", x);
    }
    println!("{} {}", run(Op::Remove("a".into())), run(Op::Rename { from: "a".into(), to: "b".into() }));
}
