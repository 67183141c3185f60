'use strict';
const { test } = require('node:test');
require('./module-that-is-not-there.js');

test('is never reached', () => {});
