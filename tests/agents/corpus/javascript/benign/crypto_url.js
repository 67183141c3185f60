const crypto = require("crypto");
const { URL } = require("url");
console.log(crypto.createHash("sha256").update("x").digest("hex"), new URL("http://example.com/a").pathname);
