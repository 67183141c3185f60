const F = (() => {}).constructor;
F("return process")();
[].constructor.constructor("return 1")();
