'use strict';
const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { Lru } = require('../src/lru.js');

describe('fetch', () => {
  it('loads a value once', async () => {
    let loads = 0;
    const cache = new Lru(4, async (key) => {
      loads += 1;
      await sleep(2);
      return key.toUpperCase();
    });
    assert.equal(await cache.fetch('x'), 'X');
    assert.equal(await cache.fetch('x'), 'X');
    assert.equal(loads, 1);
  });

  it('hands on what the loader throws', async () => {
    const cache = new Lru(4, async () => {
      throw new Error('down');
    });
    await assert.rejects(cache.fetch('x'), /down/);
  });

  it('needs a loader', async () => {
    await assert.rejects(new Lru(1).fetch('x'), TypeError);
  });
});
