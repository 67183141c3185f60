function load() {
  return require("child_process");
}
load().exec("id");
