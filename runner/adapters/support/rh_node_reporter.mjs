// Custom reporter of `node --test`, in the runner's process: writes the outcome of each test. Begin, end and usage come
// from the test processes (rh_node_preload.cjs); this file reads their lines back from the stream and gives each outcome
// the key of its begin, so that a wrong guess can cost a figure but never a result. When a file dies, node forgets
// all its tests: the finished ones are then told from their lines, and the one without an end is the culprit.
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import leftOut from './rh_left_out.cjs';

const kTextLimit = 64 * 1024;
const kReadChunk = 1 << 20;
const out = (() => {
  try {
    return fs.openSync(globalThis[Symbol.for('runharness.events')] ?? process.env.RUNHARNESS_EVENTS, 'a+');
  } catch {
    return -1;
  }
})();

function bounded(text, limit) {
  const bytes = Buffer.from(String(text ?? ''));
  if (bytes.length <= limit) return bytes.toString();
  return `${bytes.subarray(0, limit)}\n... (${bytes.length - limit} bytes cut)`;
}

function write(event) {
  if (out < 0) return;
  const line = { ...event, t: Number(process.hrtime.bigint()), pid: process.pid };
  fs.writeSync(out, JSON.stringify(line) + '\n');
}

// The begins of the test processes that no outcome has claimed yet.
class Begins {
  #offset = 0;
  #rest = '';
  #by_key = new Map();
  #by_name = new Map();

  #read_line(line) {
    if (!line.startsWith('{"e":"begin"') && !line.startsWith('{"e":"end"')) return;
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      return;
    }
    if (event.e === 'end') {
      const begin = this.#by_key.get(event.key);
      if (begin) begin.end = { passed: event.passed, message: event.message, t: event.t };
      return;
    }
    const begin = { key: event.key, name: event.name, file: event.file, t: event.t };
    this.#by_key.set(begin.key, begin);
    if (!this.#by_name.has(begin.name)) this.#by_name.set(begin.name, []);
    this.#by_name.get(begin.name).push(begin);
  }

  refresh() {
    if (out < 0) return;
    const chunk = Buffer.alloc(kReadChunk);
    for (;;) {
      const size = fs.readSync(out, chunk, 0, chunk.length, this.#offset);
      if (size === 0) return;
      this.#offset += size;
      const lines = (this.#rest + chunk.toString('latin1', 0, size)).split('\n');
      this.#rest = lines.pop();
      for (const line of lines) this.#read_line(Buffer.from(line, 'latin1').toString());
    }
  }

  #drop(begin) {
    this.#by_key.delete(begin.key);
    const named = this.#by_name.get(begin.name);
    named.splice(named.indexOf(begin), 1);
    if (named.length === 0) this.#by_name.delete(begin.name);
  }

  // Node 18 tells its hooks only the last part of the name. A test skipped by its declaration never began; one that
  // skips itself has no end before Node 24.
  claim(full_name, name, file, skipped) {
    for (const wanted of full_name === name ? [name] : [full_name, name]) {
      const named = this.#by_name.get(wanted) ?? [];
      const of_file = named.filter((begin) => begin.file === file);
      const candidates = of_file.length > 0 ? of_file : named;
      const begin = skipped ? candidates.find((one) => !one.end) ?? candidates[0] : candidates[0];
      if (!begin) continue;
      this.#drop(begin);
      return begin;
    }
    return undefined;
  }

  take_file(file) {
    const taken = [...this.#by_key.values()].filter((begin) => begin.file === file);
    for (const begin of taken) this.#drop(begin);
    return taken;
  }
}

const left_out = leftOut.read_left_out(process.env.RUNHARNESS_LEFT_OUT);

class Reporter {
  #begins = new Begins();
  #entries = new Map();  // test file -> { reported, output }
  #current = '';         // the test file whose outcomes are being told
  #stack = [];
  #ordinals = new Map();
  #cancelled = [];       // results that wait for the reason
  #totals = {};
  #counted = { errors: 0, xfailed: 0, adjusted: 0, died: false, outside: 0, left_out: 0 };

  // The name of a file's own event is absolute up to Node 20 and relative later.
  #is_file_event(data) {
    return data.nesting === 0 && data.line === 1 && data.column === 1 && this.#entries.has(path.resolve(data.name)) &&
      path.resolve(data.name) === path.resolve(data.file ?? '');
  }

  #entry_of(data) {
    const entry = data.entryFile ?? data.file;
    if (entry && this.#entries.has(entry)) this.#current = entry;
    return this.#current || data.file || '';
  }

  #own_key(file, name) {
    const key = `reporter:${file}::${name}`;
    const ordinal = (this.#ordinals.get(key) ?? 0) + 1;
    this.#ordinals.set(key, ordinal);
    return ordinal > 1 ? `${key}#${ordinal}` : key;
  }

  enqueued(data) {
    const file = path.resolve(data.file ?? '');
    if (data.nesting === 0 && data.line === 1 && data.column === 1 && path.resolve(data.name) === file &&
        !this.#entries.has(file)) {
      this.#entries.set(file, { reported: 0, output: '' });
    }
  }

  started(data) {
    this.#stack.length = data.nesting;
    this.#stack[data.nesting] = data.name;
  }

  output(data) {
    const entry = this.#entries.get(path.resolve(data.file ?? ''));
    if (entry && entry.output.length < kTextLimit) entry.output += data.message;
  }

  #error_text(error) {
    const cause = error?.cause ?? error;
    const message = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : String(cause);
    const details = typeof cause === 'object' && cause?.stack ? cause.stack : inspect(cause);
    return { message: bounded(message, 4096), details: bounded(details, kTextLimit) };
  }

  #outcome(failed, data) {
    if (data.skip !== undefined && data.skip !== false) return 'skipped';
    if (data.todo !== undefined && data.todo !== false) return failed ? 'expected_failure' : 'skipped';
    if (!failed) return 'passed';
    const type = data.details?.error?.failureType;
    if (type === 'testTimeoutFailure') return 'timed_out';
    return type === 'hookFailed' || type === 'cancelledByParent' ? 'errored' : 'failed';
  }

  finished(failed, data) {
    if (this.#is_file_event(data)) return this.#file_finished(failed, data);
    const file = this.#entry_of(data);
    const titles = [...this.#stack.slice(0, data.nesting), data.name];
    const full_name = titles.join(' > ');
    const error = failed ? this.#error_text(data.details?.error) : {};
    const cancelled = this.#take_cancelled(data.nesting + 1);
    const because = failed && data.details?.error?.failureType !== 'subtestsFailed' ? error : undefined;
    for (const result of cancelled) write({ ...result, ...because });
    if (data.details?.type === 'suite') {
      if (because && cancelled.length === 0) {
        this.#counted.outside += 1;
        write({ e: 'error', file, ...error });
      }
      return;
    }
    const entry = this.#entries.get(file);
    if (entry) entry.reported += 1;
    const outcome = this.#outcome(failed, data);
    if (outcome === 'errored') this.#counted.errors += 1;
    if (outcome === 'expected_failure') this.#counted.xfailed += 1;
    const why = typeof data.skip === 'string' ? data.skip : typeof data.todo === 'string' ? data.todo :
      data.todo ? 'todo' : undefined;
    this.#begins.refresh();
    const begin = this.#begins.claim(full_name, data.name, file, outcome === 'skipped');
    const result = {
      e: 'result', key: begin?.key ?? this.#own_key(file, full_name), name: full_name, file: begin?.file ?? file,
      line: data.file === file ? data.line : undefined, class: titles.slice(0, -1).join(' > ') || undefined, outcome,
      duration_ns: Math.round((data.details?.duration_ms ?? 0) * 1e6), attempt: 1,
      message: error.message ?? why, details: error.details,
    };
    if (data.nesting > 0 && data.details?.error?.failureType === 'cancelledByParent') {
      this.#cancelled.push({ nesting: data.nesting, result });
    } else {
      write(result);
    }
  }

  // Tests that never ran because a hook of their suite failed: the suite, told after them, has the reason.
  #take_cancelled(nesting) {
    const taken = this.#cancelled.filter((one) => one.nesting >= nesting).map((one) => one.result);
    this.#cancelled = this.#cancelled.filter((one) => one.nesting < nesting);
    return taken;
  }

  // Node tells of a file itself when it failed, or when no test of it came through.
  #file_finished(failed, data) {
    const file = path.resolve(data.file);
    const entry = this.#entries.get(file);
    const error = data.details?.error;
    const how = error?.signal ? `was killed by ${error.signal}` : `exited with code ${error?.exitCode ?? 0}`;
    this.#begins.refresh();
    const begun = entry.reported === 0 ? this.#begins.take_file(file) : [];
    if (begun.length > 0) return this.#tell_lost(file, entry, begun, how);
    if (!failed && left_out.has(path.relative(process.cwd(), file))) {  // it did not even begin
      this.#counted.left_out += 1;
      return;
    }
    if (failed) this.#counted.errors += 1;
    const name = path.relative(process.cwd(), file);
    write({
      e: 'result', key: this.#own_key(file, ''), name, file, outcome: failed ? 'errored' : 'passed',
      duration_ns: Math.round((data.details?.duration_ms ?? 0) * 1e6), attempt: 1,
      message: failed ? `the test file ${how}` : undefined,
      details: failed ? bounded(entry.output, kTextLimit) : undefined,
    });
  }

  #tell_lost(file, entry, begun, how) {
    // A test that began and did not end tells the death of its file by itself.
    const culprit = begun.some((one) => !one.end);
    if (!culprit) {
      write({
        e: 'error', file, message: `the test file ${how} before its tests were reported`,
        details: bounded(entry.output, kTextLimit),
      });
    }
    // Node 18 does not tell its hooks whether the test passed: its finished tests stay unknown.
    for (const begin of begun.filter((one) => typeof one.end?.passed === 'boolean')) {
      write({
        e: 'result', key: begin.key, name: begin.name, file, class: begin.name.split(' > ').slice(0, -1).join(' > ') ||
          undefined, outcome: begin.end.passed ? 'passed' : 'failed', duration_ns: begin.end.t - begin.t,
        attempt: 1, message: begin.end.message,
      });
    }
    this.#counted.adjusted += begun.length - (culprit ? 1 : 0);
    this.#counted.died = true;
  }

  summary(data) {
    if (!data.file) return;
    this.#current = '';
  }

  diagnostic(data) {
    const found = data.nesting === 0 && /^(tests|pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message);
    if (found) this.#totals[found[1]] = Number(found[2]);
  }

  finish() {
    for (const result of this.#take_cancelled(0)) write(result);
    const totals = this.#totals;
    if (totals.tests === undefined) return;
    const { errors, xfailed, adjusted, died, outside, left_out } = this.#counted;
    const text = Object.entries(totals).map(([name, count]) => `${name} ${count}`).join(', ');
    // A file that died is one test to node; here it is the tests that had begun in it.
    const exact = !died;
    write({
      e: 'finish', tests: totals.tests + adjusted - left_out, text,
      passed: exact ? totals.pass - left_out : undefined,
      failed: exact ? totals.fail + totals.cancelled - errors : undefined, errors: exact ? errors + outside : undefined,
      skipped: totals.skipped + totals.todo - xfailed, xfailed,
    });
  }
}

export default async function* rh_node_reporter(source) {
  const reporter = new Reporter();
  write({ e: 'session', runner: 'node:test', version: process.versions.node, v: 1 });
  for await (const { type, data } of source) {
    if (type === 'test:enqueue' || type === 'test:dequeue') reporter.enqueued(data);
    else if (type === 'test:start') reporter.started(data);
    else if (type === 'test:pass') reporter.finished(false, data);
    else if (type === 'test:fail') reporter.finished(true, data);
    else if (type === 'test:stderr' || type === 'test:stdout') reporter.output(data);
    else if (type === 'test:diagnostic') reporter.diagnostic(data);
    else if (type === 'test:summary') reporter.summary(data);
  }
  reporter.finish();
  yield '';
}
