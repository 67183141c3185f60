import("fs").then(({ unlinkSync }) => unlinkSync("x"));
