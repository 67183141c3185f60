import { readFile } from "node:fs/promises";
console.log(await readFile("data.txt", "utf8"));
