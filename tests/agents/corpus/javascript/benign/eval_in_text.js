// eval("x") is not called
console.log("eval(1)", 'require("child_process")');
