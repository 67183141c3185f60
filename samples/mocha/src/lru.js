'use strict';

// A cache that forgets what was not used for longest. A Map keeps the order of insertion.
class Lru {
  constructor(capacity, load) {
    if (capacity < 1) throw new RangeError('a cache needs room for one entry');
    this.capacity = capacity;
    this.load = load;
    this.entries = new Map();
    this.hits = 0;
  }

  has(key) {
    return this.entries.has(key);
  }

  get(key) {
    if (!this.entries.has(key)) return undefined;
    const value = this.entries.get(key);
    this.entries.delete(key);
    this.entries.set(key, value);
    this.hits += 1;
    return value;
  }

  set(key, value) {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.capacity) return;
    const [oldest] = this.entries.keys();
    this.entries.delete(oldest);
  }

  async fetch(key) {
    if (this.has(key)) return this.get(key);
    if (!this.load) throw new TypeError('the cache has no loader');
    const value = await this.load(key);
    this.set(key, value);
    return value;
  }

  report() {
    if (this.hits === 0) return 'cold';
    return `${this.hits} hits, ${this.entries.size} of ${this.capacity} entries`;
  }
}

module.exports = { Lru };
