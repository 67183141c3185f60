const fs = require("fs");
const mode = "w";
const fd = fs.openSync("a", mode);
