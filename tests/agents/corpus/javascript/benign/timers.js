setTimeout(() => console.log(1), 1);
const t = setInterval(function () {
  clearInterval(t);
}, 1);
