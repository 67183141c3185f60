const { Socket } = require("net");
new Socket().connect(80, "example.com");
