const axios = require("axios");
axios.post("http://example.com", { a: 1 });
