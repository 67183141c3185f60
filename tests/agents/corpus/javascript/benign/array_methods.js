const a = [3, 1, 2].map((x) => x * 2).filter(Boolean).sort();
console.log(a.join(","), Object.entries({ b: 1 }), new Map([[1, 2]]), JSON.stringify(a));
