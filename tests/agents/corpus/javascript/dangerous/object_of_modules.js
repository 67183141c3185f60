const m = { f: require("fs") };
m.f.writeFileSync("a", "b");
