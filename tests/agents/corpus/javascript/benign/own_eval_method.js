class Model {
  eval(x) {
    return x;
  }
}
console.log(new Model().eval(2));
