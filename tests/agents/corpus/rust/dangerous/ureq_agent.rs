use ureq::Agent;

fn main() {
    Agent::new().get("http://example.com").call().unwrap();
}
