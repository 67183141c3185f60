const words = "a b a".split(" ");
const counts = {};
for (const w of words) counts[w] = (counts[w] || 0) + 1;
console.log(counts, [...new Set(words)].length);
