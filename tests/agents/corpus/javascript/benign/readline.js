const readline = require("readline");
const rl = readline.createInterface({ input: process.stdin });
rl.on("line", (l) => console.log(l.length));
rl.close();
