import { writeFile } from "node:fs/promises";
await writeFile("a.txt", "x");
