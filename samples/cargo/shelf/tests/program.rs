use std::io::Write;
use std::process::{Command, Output, Stdio};

fn shelf(list: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shelf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(list.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn prints_the_total() {
    assert_eq!(shelf("2\n3 * 4\n").stdout, b"14\n");
}

#[test]
fn fails_for_a_mistake() {
    let output = shelf("2 +\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"Incomplete\n");
}
