const m = /a+/.exec("aaa");
console.log(m[0]);
const re = /b/g;
while (re.exec("bb")) {}
