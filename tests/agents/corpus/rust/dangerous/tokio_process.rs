use tokio::process::Command;

#[tokio::main]
async fn main() {
    Command::new("id").output().await.unwrap();
}
