use std::net::TcpStream;

fn main() {
    let _ = TcpStream::connect("example.com:80");
}
