const ws = new WebSocket("ws://example.com");
