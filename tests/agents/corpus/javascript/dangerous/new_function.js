const f = new Function("return 1");
console.log(f());
