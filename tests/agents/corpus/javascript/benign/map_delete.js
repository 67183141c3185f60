const m = new Map();
m.set("a", 1);
m.delete("a");
const s = new Set([1]);
s.delete(1);
delete m.x;
