use reqwest::Client;

async fn f(c: &Client) {
    c.post("http://example.com").send().await.unwrap();
}
