const cluster = require("cluster");
cluster.fork();
