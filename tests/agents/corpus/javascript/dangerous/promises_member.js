const fs = require("fs").promises;
fs.unlink("a.txt");
