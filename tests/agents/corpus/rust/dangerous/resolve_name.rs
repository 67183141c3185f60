use std::net::ToSocketAddrs;

fn main() {
    println!("{}", ("example.com", 80).to_socket_addrs().unwrap().count());
    let a = "example.com:80".to_socket_addrs();
}
