const { promisify } = require("util");
const run = promisify(require("child_process").exec);
run("id");
