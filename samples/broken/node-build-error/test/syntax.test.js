'use strict';
const { test } = require('node:test');

test('is never parsed', () => {
