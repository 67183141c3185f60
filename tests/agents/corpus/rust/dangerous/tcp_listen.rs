use std::net;

fn main() {
    net::TcpListener::bind("0.0.0.0:80").unwrap();
}
