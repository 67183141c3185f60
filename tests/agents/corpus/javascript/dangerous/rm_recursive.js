require("fs").rmSync("/tmp/x", { recursive: true, force: true });
