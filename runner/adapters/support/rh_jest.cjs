// Jest reporter: writes each test's begin, end and outcome. When jest runs the tests in its own process (it then sets
// JEST_WORKER_ID there), what the process used between begin and end is the test's.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { measure_process, bounded } = require('./rh_process_usage.cjs');

const kTextLimit = 64 * 1024;
const kUnseen = 'jest ran this test in a worker process that its reporter cannot see';
const kOutcomes = { passed: 'passed', failed: 'failed', pending: 'skipped', skipped: 'skipped', disabled: 'skipped', todo: 'skipped' };
const kColors = /\u001b\[[0-9;]*m/g;

class RunharnessReporter {
  constructor(global_config) {
    this.root = global_config.rootDir;
    this.usage = measure_process();
    this.begun = new Map();
    this.ordinals = new Map();
    this.errors = 0;
    try {
      this.out = fs.openSync(process.env.RUNHARNESS_EVENTS, 'a');
    } catch {
      this.out = -1;
    }
    this.write({ e: 'session', runner: 'jest', v: 1 });
    if (process.env.RUNHARNESS_REACH) fs.writeFileSync(process.env.RUNHARNESS_REACH, 'rh-test-lines 1\n');
  }

  write(event) {
    if (this.out < 0) return;
    const line = { t: Number(process.hrtime.bigint()), pid: process.pid, ...event };
    fs.writeSync(this.out, JSON.stringify(line) + '\n');
  }

  unique(key) {
    const ordinal = (this.ordinals.get(key) || 0) + 1;
    this.ordinals.set(key, ordinal);
    return ordinal > 1 ? `${key}#${ordinal}` : key;
  }

  onTestFileStart(test) {
    this.begun.set(test.path, new Map());
  }

  // A test of this name begins; a retry begins again and closes what was open.
  onTestCaseStart(test, { fullName, ancestorTitles, title }) {
    const name = fullName || [...ancestorTitles, title].join(' ');
    const of_file = this.begun.get(test.path) || this.begun.set(test.path, new Map()).get(test.path);
    const key = this.unique(`${test.path}::${name}`);
    if (!of_file.has(name)) of_file.set(name, []);
    of_file.get(name).push(key);
    this.write({ e: 'begin', key, name, file: test.path });
    this.usage.begin(key);
  }

  onTestCaseResult(test, result) {
    const keys = this.begun.get(test.path)?.get(result.fullName) || [];
    const key = keys[keys.length - 1];
    if (!key) return;
    const used = this.usage.end(key);
    const in_band = process.env.JEST_WORKER_ID !== undefined;
    const figures = in_band ? used : { cpu_ns: null, cpu_reason: kUnseen, peak_bytes: null, peak_reason: kUnseen };
    this.write({ e: 'end', key, ...figures });
  }

  onTestFileResult(test, file_result) {
    for (const result of file_result.testResults) this.tell_result(test.path, result);
    this.begun.delete(test.path);
    if (process.env.RUNHARNESS_REACH && file_result.coverage) this.tell_lines(test.path, file_result.coverage);
    const error = file_result.testExecError || (file_result.testResults.length === 0 && file_result.failureMessage);
    if (!error || file_result.skipped) return;
    this.errors += 1;
    const text = String(file_result.failureMessage || error.stack || error.message || error).replace(kColors, '');
    this.write({
      e: 'error', file: test.path, message: bounded(error.message || text.trim().split('\n')[0], 4096),
      details: bounded(text, kTextLimit),
    });
  }

  // Istanbul's counts of this test file alone; of a statement the line that it starts in.
  tell_lines(file, measured) {
    const escape = (text) => text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
    const test = escape(path.relative(process.cwd(), file));
    const lines = [`r\t${test}`];
    for (const [source, { statementMap, s }] of Object.entries(measured)) {
      const reached = Object.keys(s).filter((key) => s[key] > 0).map((key) => statementMap[key].start.line);
      const sorted = [...new Set(reached)].sort((a, b) => a - b);
      lines.push(`f\t${escape(source)}`, `t\t${sorted.join(',')}\t${test}`);
    }
    try {
      fs.appendFileSync(process.env.RUNHARNESS_REACH, lines.join('\n') + '\n');
    } catch {
      // Without lines the file counts as one that nobody knows the lines of.
    }
  }

  tell_result(file, result) {
    const attempts = result.invocations || 1;
    const begun = this.begun.get(file)?.get(result.fullName) || [];
    const todo = result.status === 'todo' ? 'todo' : undefined;
    const reasons = result.retryReasons || [];
    // The earlier invocations of a retried test each have a begin of their own.
    for (let attempt = 1; attempt < attempts; attempt += 1) {
      const text = String(reasons[attempt - 1] || '').replace(kColors, '');
      this.write({
        e: 'result', ...this.identity(file, result, begun.shift()), outcome: 'failed', attempt,
        message: bounded(text.split('\n')[0], 4096), details: bounded(text, kTextLimit),
      });
    }
    const text = (result.failureMessages || []).join('\n').replace(kColors, '');
    const failed = result.status === 'failed';
    const timed_out = failed && /^(Error: )?(thrown: ")?Exceeded timeout of /.test(text);
    this.write({
      e: 'result', ...this.identity(file, result, begun.shift()), attempt: attempts,
      outcome: timed_out ? 'timed_out' : kOutcomes[result.status] || 'errored',
      duration_ns: typeof result.duration === 'number' ? Math.round(result.duration * 1e6) : undefined,
      message: failed ? bounded(text.split('\n')[0], 4096) : todo, details: failed ? bounded(text, kTextLimit) : undefined,
    });
  }

  identity(file, result, key) {
    return {
      key: key || this.unique(`reporter:${file}::${result.fullName}`), name: result.fullName, file,
      line: result.location ? result.location.line : undefined,
      class: (result.ancestorTitles || []).join(' ') || undefined,
    };
  }

  onRunComplete(contexts, results) {
    this.write({
      e: 'finish', tests: results.numTotalTests, passed: results.numPassedTests, failed: results.numFailedTests,
      skipped: results.numPendingTests + results.numTodoTests, errors: this.errors,
      text: `${results.numTotalTests} tests, ${results.numTodoTests} todo, ` +
        `${results.numRuntimeErrorTestSuites} test suites failed to run`,
    });
  }
}

module.exports = RunharnessReporter;
