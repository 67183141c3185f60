// The test files that this run leaves out: a set of paths relative to the suite's folder.
'use strict';
const fs = require('node:fs');

function read_left_out(list) {
  if (!list) return new Set();
  try {
    const plain = (line) => line.replace(/\\(.)/g, (all, c) => ({ t: '\t', n: '\n', r: '\r' })[c] ?? c);
    return new Set(fs.readFileSync(list, 'utf8').split('\n').filter(Boolean).map(plain));
  } catch {
    return new Set();
  }
}

module.exports = { read_left_out };
