const G = Object.getPrototypeOf(async function () {}).constructor;
new G("x");
