process.stdout.write("x\n");
process.exitCode = 0;
process.on("exit", () => console.log("bye"));
