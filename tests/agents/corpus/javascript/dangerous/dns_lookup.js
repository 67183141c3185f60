require("dns").lookup("example.com", console.log);
