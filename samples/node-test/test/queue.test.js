import assert from 'node:assert/strict';
import { describe, it, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from '../src/queue.js';

describe('Queue', () => {
  let queue;
  beforeEach(() => {
    queue = new Queue(2);
  });

  it('returns what the job returns', async () => {
    assert.equal(await queue.add(() => 42), 42);
  });

  it('hands on what the job throws', async () => {
    await assert.rejects(queue.add(() => Promise.reject(new Error('no'))), /no/);
  });

  it('refuses a limit that is none', () => {
    assert.throws(() => new Queue(0), RangeError);
  });

  describe('concurrency', () => {
    it('runs as many jobs as the limit says', async () => {
      let running = 0;
      let most = 0;
      const job = async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(5);
        running -= 1;
      };
      await Promise.all(Array.from({ length: 6 }, () => queue.add(job)));
      assert.equal(most, 2);
      assert.equal(queue.size, 0);
    });

    it('keeps the order of the jobs', async () => {
      const order = [];
      await Promise.all([1, 2, 3].map((n) => queue.add(() => order.push(n))));
      assert.deepEqual(order, [1, 2, 3]);
    });
  });

  it.skip('survives a process that forks', () => {});
  it.todo('takes priorities');
});
