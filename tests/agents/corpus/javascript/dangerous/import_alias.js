import { spawnSync as s } from "node:child_process";
s("id");
