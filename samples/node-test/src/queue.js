// A queue that runs asynchronous jobs with bounded concurrency.
export class Queue {
  #limit;
  #running = 0;
  #waiting = [];

  constructor(limit = 1) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError('limit must be a positive integer');
    this.#limit = limit;
  }

  get size() {
    return this.#waiting.length + this.#running;
  }

  add(job) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#next();
    });
  }

  #next() {
    if (this.#running >= this.#limit || this.#waiting.length === 0) return;
    const { job, resolve, reject } = this.#waiting.shift();
    this.#running += 1;
    Promise.resolve()
      .then(job)
      .then(resolve, reject)
      .finally(() => {
        this.#running -= 1;
        this.#next();
      });
  }

  clear() {
    const dropped = this.#waiting.length;
    for (const { reject } of this.#waiting) reject(new Error('cleared'));
    this.#waiting = [];
    return dropped;
  }
}
