Reflect.apply(require("fs").unlinkSync, null, ["a"]);
