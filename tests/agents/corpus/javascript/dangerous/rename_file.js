const fs = require("fs");
fs.renameSync("a", "b");
