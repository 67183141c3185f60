// For jest's --filter: leaves out the test files that no change reaches. Up to jest 29 the answer is a list of objects.
'use strict';
const path = require('node:path');
const { read_left_out } = require('./rh_left_out.cjs');

module.exports = async (paths) => {
  const left_out = read_left_out(process.env.RUNHARNESS_LEFT_OUT);
  const kept = paths.filter((each) => !left_out.has(path.relative(process.cwd(), each)));
  return { filtered: Number(process.env.RUNHARNESS_JEST_MAJOR) < 30 ? kept.map((test) => ({ test })) : kept };
};
