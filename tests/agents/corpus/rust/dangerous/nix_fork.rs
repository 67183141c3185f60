use nix::unistd::fork;

fn main() {
    let _ = fork();
}
