// Mocha reporter: writes each test's begin, end and outcome, and hands everything on to the reporter that the project
// itself asked for (RUNHARNESS_MOCHA_REPORTER, default "spec").
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const { measure_process, bounded } = require('./rh_process_usage.cjs');

const kTextLimit = 64 * 1024;

function user_reporter(mocha_path) {
  const wanted = process.env.RUNHARNESS_MOCHA_REPORTER || 'spec';
  const { reporters } = require(mocha_path);
  for (const [name, reporter] of Object.entries(reporters)) if (name.toLowerCase() === wanted.toLowerCase()) return reporter;
  const require_here = createRequire(path.join(process.cwd(), 'package.json'));
  try {
    return require_here(wanted);
  } catch {
    try {
      return require(path.resolve(wanted));
    } catch {
      return reporters.spec;
    }
  }
}

// The mocha that runs us: its own modules are loaded already.
function running_mocha() {
  const loaded = Object.keys(require.cache).find((file) => /[\\/]mocha[\\/]lib[\\/]mocha\.js$/.test(file));
  return loaded || createRequire(path.join(process.cwd(), 'package.json')).resolve('mocha');
}

class Recorder {
  constructor(runner) {
    this.usage = measure_process();
    this.parallel = runner.isParallelMode?.() === true;
    this.keys = new Map();
    this.ordinals = new Map();
    this.told = new WeakSet();
    this.counts = { tests: 0, passed: 0, failed: 0, skipped: 0, errors: 0 };
    try {
      this.out = fs.openSync(process.env.RUNHARNESS_EVENTS, 'a');
    } catch {
      this.out = -1;
    }
    this.write({ e: 'session', runner: 'mocha', v: 1 });
    if (!this.parallel) runner.once('start', () => this.write({ e: 'expected', count: runner.total }));
    runner.on('test', (test) => this.begin(test));
    runner.on('retry', (test, error) => this.retried(test, error));
    runner.on('pass', (test) => this.result(test, 'passed'));
    runner.on('pending', (test) => this.result(test, 'skipped'));
    runner.on('fail', (test, error) => this.failed(test, error));
    runner.on('test end', (test) => this.end(test));
    runner.once('end', () => this.write({ e: 'finish', ...this.counts }));
  }

  write(event) {
    if (this.out < 0) return;
    const line = { t: Number(process.hrtime.bigint()), pid: process.pid, ...event };
    fs.writeSync(this.out, JSON.stringify(line) + '\n');
  }

  key(test) {
    if (!this.keys.has(test)) {
      const key = `${test.file || ''}::${test.fullTitle()}`;
      const ordinal = (this.ordinals.get(key) || 0) + 1;
      this.ordinals.set(key, ordinal);
      this.keys.set(test, ordinal > 1 ? `${key}#${ordinal}` : key);
    }
    return this.keys.get(test);
  }

  identity(test) {
    return {
      key: this.key(test), name: test.fullTitle(), file: test.file || undefined,
      class: test.parent?.fullTitle?.() || undefined,
    };
  }

  begin(test) {
    if (this.parallel) return;
    this.write({ e: 'begin', ...this.identity(test) });
    this.usage.begin(test);
  }

  // In parallel mode mocha tells of a file's tests when its worker is done: there is no begin to end.
  end(test) {
    const used = this.parallel ? undefined : this.usage.end(test);
    if (used) this.write({ e: 'end', key: this.key(test), ...used });
  }

  attempt(test) {
    return (typeof test.currentRetry === 'function' ? test.currentRetry() : test._currentRetry || 0) + 1;
  }

  error_text(error) {
    const text = String(error?.stack || error?.message || error);
    return { message: bounded(error?.message ?? String(error), 4096), details: bounded(text, kTextLimit) };
  }

  retried(test, error) {
    this.end(test);
    this.write({
      e: 'result', ...this.identity(test), outcome: 'failed', attempt: this.attempt(test),
      duration_ns: Math.round((test.duration || 0) * 1e6), ...this.error_text(error),
    });
  }

  // Mocha counts a failed hook as a failure under a name of its own, and says nothing of the tests that it kept from
  // running. The test whose beforeEach failed has begun, though: the failure is told as its outcome.
  failed(test, error) {
    if (test.type === 'hook') {
      const current = test.ctx?.currentTest;
      const begun = current && this.keys.has(current) && !this.told.has(current);
      this.result(begun ? current : test, 'errored', error, begun ? `${test.title}: ` : '');
      if (begun) this.end(current);
      return;
    }
    const timed_out = error?.code === 'ERR_MOCHA_TIMEOUT';
    this.result(test, timed_out ? 'timed_out' : 'failed', error);
  }

  result(test, outcome, error, prefix = '') {
    this.counts.tests += 1;
    this.counts[{ timed_out: 'failed', errored: 'errors' }[outcome] ?? outcome] += 1;
    this.told.add(test);
    const text = error ? this.error_text(error) : {};
    if (prefix) text.message = bounded(prefix + text.message, 4096);
    this.write({
      e: 'result', ...this.identity(test), outcome, attempt: this.attempt(test), ...text,
      duration_ns: outcome === 'skipped' ? undefined : Math.round((test.duration || 0) * 1e6),
    });
  }
}

module.exports = function RunharnessReporter(runner, options) {
  new Recorder(runner);
  const Reporter = user_reporter(running_mocha());
  return new Reporter(runner, options);
};
