const fs = { writeFileSync: (a) => a };
fs.writeFileSync("a", "b");
const require_ = (x) => x;
function g(eval_) {
  return eval_(1);
}
g(String);
