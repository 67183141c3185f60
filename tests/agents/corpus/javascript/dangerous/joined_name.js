require(["child", "process"].join("_")).execSync("id");
