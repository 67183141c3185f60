'use strict';
const assert = require('node:assert/strict');
const { test, describe, it, before } = require('node:test');

test('passes', () => {});

test('fails', () => {
  assert.deepEqual({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] });
});

test('skipped by its declaration', { skip: 'not on this machine' }, () => {});

test('skips itself', (t) => {
  t.skip('nothing to do');
});

test('todo that fails', { todo: 'not written yet' }, () => {
  assert.fail('as expected');
});

test('takes too long', { timeout: 50 }, async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
});

test('parent', async (t) => {
  await t.test('part that passes', () => {});
  await t.test('part that fails', () => assert.equal(1, 2));
});

describe('suite with a failing hook', () => {
  before(() => {
    throw new Error('no database');
  });
  it('never runs', () => {});
  it('never runs either', () => {});
});
