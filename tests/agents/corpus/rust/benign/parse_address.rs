use std::net::{IpAddr, Ipv4Addr};

fn main() {
    let a: IpAddr = "127.0.0.1".parse().unwrap();
    println!("{} {}", a, Ipv4Addr::LOCALHOST.is_loopback());
}
