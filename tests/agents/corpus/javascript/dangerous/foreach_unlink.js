const fs = require("fs");
["a", "b"].forEach(fs.unlinkSync);
