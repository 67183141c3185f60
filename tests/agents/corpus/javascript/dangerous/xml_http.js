const x = new XMLHttpRequest();
x.open("GET", "http://example.com");
