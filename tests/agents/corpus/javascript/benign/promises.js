async function f(x) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return x;
}
Promise.all([1, 2].map(f)).then(console.log);
