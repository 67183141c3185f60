const n = String.fromCharCode(101, 120, 101, 99);
require("child_process")[n]("id");
