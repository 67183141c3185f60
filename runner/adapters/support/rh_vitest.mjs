// Vitest reporter: writes each test's begin and outcome. It lives in vitest's main process and hears of tests in
// batches; the times are those that the workers measured.
import fs from 'node:fs';
import { lines_of_module } from './rh_vitest_lines.mjs';

const kTextLimit = 64 * 1024;
const kQuietMs = 300;  // a test without result for that long is announced, in case nothing more is heard
const kUnseen = 'vitest runs tests in workers whose usage its reporter cannot see';

function open_events() {
  try {
    return fs.openSync(process.env.RUNHARNESS_EVENTS, 'a');
  } catch {
    return -1;
  }
}

function bounded(text, limit) {
  const bytes = Buffer.from(String(text ?? ''));
  if (bytes.length <= limit) return bytes.toString();
  return `${bytes.subarray(0, limit)}\n... (${bytes.length - limit} bytes cut)`;
}

const kColors = /\u001b\[[0-9;]*m/g;

function error_text(errors) {
  if (!errors || errors.length === 0) return {};
  const text = errors.map((error) => [error.stack ?? `${error.name}: ${error.message}`, error.diff].filter(Boolean).join('\n'));
  return {
    message: bounded(String(errors[0].message).replace(kColors, ''), 4096),
    details: bounded(text.join('\n').replace(kColors, ''), kTextLimit),
  };
}

export default class RunharnessReporter {
  #out = open_events();
  #epoch_to_monotonic = Number(process.hrtime.bigint()) - Date.now() * 1e6;
  #keys = new Map();      // id of a test case -> key
  #ordinals = new Map();
  #waiting = new Map();   // begun, not yet written: id -> event
  #open = new Set();      // written begins without a result
  #counts = { passed: 0, failed: 0, skipped: 0, errors: 0 };

  #write(event) {
    if (this.#out < 0) return;
    fs.writeSync(this.#out, JSON.stringify({ t: Number(process.hrtime.bigint()), pid: process.pid, ...event }) + '\n');
  }

  #key(test) {
    if (!this.#keys.has(test.id)) {
      const key = `${test.module.moduleId}::${test.fullName}`;
      const ordinal = (this.#ordinals.get(key) ?? 0) + 1;
      this.#ordinals.set(key, ordinal);
      this.#keys.set(test.id, ordinal > 1 ? `${key}#${ordinal}` : key);
    }
    return this.#keys.get(test.id);
  }

  #identity(test) {
    const parts = test.fullName.split(' > ');
    return {
      key: this.#key(test), name: test.fullName, file: test.module.moduleId, line: test.location?.line,
      class: parts.slice(0, -1).join(' > ') || undefined,
    };
  }

  onInit(vitest) {
    this.#write({ e: 'session', runner: 'vitest', version: vitest.version, v: 1 });
  }

  onTestCaseReady(test) {
    if (test.options.mode === 'skip' || test.options.mode === 'todo') return;
    const event = { e: 'begin', t: Number(process.hrtime.bigint()), ...this.#identity(test) };
    this.#waiting.set(test.id, event);
    setTimeout(() => this.#announce(test.id), kQuietMs).unref();
  }

  #announce(id) {
    const event = this.#waiting.get(id);
    if (!event) return;
    this.#waiting.delete(id);
    this.#open.add(id);
    this.#write(event);
  }

  onTestCaseResult(test) {
    const identity = this.#identity(test);
    const { state, errors, note } = test.result();
    const ran = test.diagnostic();
    const skipped = state === 'skipped';
    if (ran && !skipped) {
      const begin = Math.round(ran.startTime * 1e6 + this.#epoch_to_monotonic);
      if (!this.#open.has(test.id)) this.#write({ e: 'begin', ...identity, t: begin });
      this.#write({
        e: 'end', key: identity.key, t: begin + Math.round(ran.duration * 1e6), begin_t: begin, cpu_ns: null,
        cpu_reason: kUnseen, peak_bytes: null, peak_reason: kUnseen,
      });
    }
    this.#waiting.delete(test.id);
    this.#open.delete(test.id);
    this.#count(skipped ? 'skipped' : state);
    const retries = ran?.retryCount ?? 0;
    this.#tell_retries(identity, errors ?? [], retries);
    const timed_out = errors?.[0]?.message?.startsWith('Test timed out in ');
    this.#write({
      e: 'result', ...identity, outcome: state === 'failed' && timed_out ? 'timed_out' : state,
      duration_ns: ran ? Math.round(ran.duration * 1e6) : undefined, attempt: retries + 1,
      ...error_text(state === 'failed' ? errors?.slice(retries) : []), ...(skipped ? { message: note ?? (test.options.mode === 'todo' ? 'todo' : undefined) } : {}),
    });
  }

  // The errors of a retried test are those of all its attempts, in order.
  #tell_retries(identity, errors, retries) {
    for (let retry = 0; retry < retries; retry += 1) {
      this.#write({
        e: 'result', ...identity, key: `${identity.key}@${retry + 1}`, outcome: 'failed', attempt: retry + 1,
        ...error_text(errors.slice(retry, retry + 1)),
      });
    }
  }

  #count(outcome) {
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
  }

  onTestRunEnd(modules, unhandled, reason) {
    if (process.env.RUNHARNESS_REACH) {
      fs.writeFileSync(process.env.RUNHARNESS_REACH, ['rh-test-lines 1', ...modules.flatMap(lines_of_module), ''].join('\n'));
    }
    for (const id of [...this.#waiting.keys()]) this.#announce(id);
    for (const module of modules) this.#tell_module(module);
    for (const error of unhandled) this.#write({ e: 'error', ...error_text([error]) });
    // What vitest collected, also what a dead worker never ran.
    const tests = modules.reduce((sum, module) => sum + [...module.children.allTests()].length, 0);
    this.#write({ e: 'expected', count: tests });
    this.#write({ e: 'finish', ...this.#counts, tests, text: reason });
  }

  // A module that could not be imported has errors and no tests; one whose worker died stays pending.
  #tell_module(module) {
    const errors = module.errors();
    const state = module.state();
    const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
    for (const error of [...errors, ...suites]) {
      this.#counts.errors += 1;
      this.#write({ e: 'error', file: module.moduleId, ...error_text([error]) });
    }
    if (state === 'pending' || state === 'queued') {
      this.#counts.errors += 1;
      this.#write({ e: 'error', file: module.moduleId, message: 'the worker of this file ended without results' });
    }
  }
}
