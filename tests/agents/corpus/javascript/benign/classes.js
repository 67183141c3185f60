const EventEmitter = require("events");
class A extends EventEmitter {
  #n = 0;
  get n() {
    return this.#n;
  }
  open() {
    this.emit("open");
  }
}
const a = new A();
a.on("open", () => console.log(a.constructor.name, a.n));
a.open();
