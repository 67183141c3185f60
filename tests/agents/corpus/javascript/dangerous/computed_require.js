const m = "child_" + "process";
require(m)["ex" + "ec"]("id");
