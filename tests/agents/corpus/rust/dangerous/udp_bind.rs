use std::net::UdpSocket as U;

fn main() {
    U::bind("0.0.0.0:0").unwrap();
}
