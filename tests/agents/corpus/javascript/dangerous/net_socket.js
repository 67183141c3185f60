const net = require("net");
const s = net.connect(80, "example.com");
