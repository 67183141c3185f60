const path = require("path");
const os = require("os");
console.log(path.join(process.cwd(), "x"), os.cpus().length, process.env.HOME);
