import * as fs from "fs";
fs.writeFileSync("a.txt", "x");
