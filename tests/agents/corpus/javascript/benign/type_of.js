if (typeof fetch === "undefined" && typeof Function === "function") console.log("old");
