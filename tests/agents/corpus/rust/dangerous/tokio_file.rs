#[tokio::main]
async fn main() {
    tokio::fs::write("a", "b").await.unwrap();
}
