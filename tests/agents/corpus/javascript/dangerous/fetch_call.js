fetch("http://example.com").then((r) => r.text()).then(console.log);
