const fs = require("fs");
console.log(fs.readFileSync("data.txt", "utf8"), fs.existsSync("x"), fs.readdirSync("."));
