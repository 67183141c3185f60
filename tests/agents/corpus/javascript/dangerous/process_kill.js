process.kill(1, "SIGTERM");
