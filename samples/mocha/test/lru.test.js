'use strict';
const assert = require('node:assert/strict');
const { Lru } = require('../src/lru.js');

describe('Lru', function () {
  beforeEach(function () {
    this.cache = new Lru(2);
    this.cache.set('a', 1);
    this.cache.set('b', 2);
  });

  it('remembers', function () {
    assert.equal(this.cache.get('a'), 1);
  });

  it('knows nothing of other keys', function () {
    assert.equal(this.cache.get('z'), undefined);
  });

  it('refuses to be empty', function () {
    assert.throws(() => new Lru(0), RangeError);
  });

  describe('when it is full', function () {
    it('forgets the oldest entry', function () {
      this.cache.set('c', 3);
      assert.deepEqual(['a', 'b', 'c'].map((key) => this.cache.has(key)), [false, true, true]);
    });

    it('keeps what was used', function () {
      this.cache.get('a');
      this.cache.set('c', 3);
      assert.equal(this.cache.has('a'), true);
    });
  });

  it.skip('expires entries', function () {});
  it('counts its misses');
});
