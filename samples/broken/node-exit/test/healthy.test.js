'use strict';
const { test } = require('node:test');

test('is untouched by its neighbour', () => {});
