const fs = require("fs");
fs.createWriteStream("out.log").end("x");
