const name = "x";
console.log(`hello ${name} rm -rf / ${"a".replace("a", "b")}`);
