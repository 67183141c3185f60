'use strict';
const { test } = require('node:test');

test('finishes before the end', () => {});

test('kills its process', () => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => setTimeout(() => {}, 60_000));
});

test('is never reached', () => {});
