const cp = require("child_process");
class R {
  constructor() {
    this.run = cp;
  }
  go() {
    this.run.execSync("id");
  }
}
new R().go();
