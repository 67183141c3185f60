const cp = require("child_process");
cp.spawn("id", []);
