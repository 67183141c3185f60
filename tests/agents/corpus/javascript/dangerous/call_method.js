const fs = require("fs");
fs.writeFileSync.call(null, "a", "b");
