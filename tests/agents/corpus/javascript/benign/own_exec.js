function exec(x) {
  return x + 1;
}
function fetch(a) {
  return a;
}
console.log(exec(1), fetch(2));
