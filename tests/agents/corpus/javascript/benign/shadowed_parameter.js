function run(fetch, process) {
  return fetch(process.kill);
}
console.log(run((x) => x, { kill: 1 }));
