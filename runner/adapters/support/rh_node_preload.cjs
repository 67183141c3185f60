// Loaded with --require into `node --test` and the processes that it starts, one for each test file. In those it
// writes when a test begins and ends, and what the process used meanwhile: lines that survive the death of the process.
// The outcomes come from rh_node_reporter.mjs. Programs that tests start are left alone: they see the environment
// as it was without this file.
'use strict';
const { isMainThread } = require('node:worker_threads');

const kMarks = ['RUNHARNESS_EVENTS', 'RUNHARNESS_LEFT_OUT', 'RUNHARNESS_NODE_RUNNER', 'RUNHARNESS_NODE_OPTIONS'];

function restore_environment() {
  const original = process.env.RUNHARNESS_NODE_OPTIONS;
  if (original) process.env.NODE_OPTIONS = original;
  else delete process.env.NODE_OPTIONS;
  for (const name of kMarks) delete process.env[name];
}

function hook_tests() {
  const fs = require('node:fs');
  const { measure_process } = require('./rh_process_usage.cjs');
  let out;
  try {
    out = fs.openSync(process.env.RUNHARNESS_EVENTS, 'a');
  } catch {
    return;
  }
  const file = process.argv[1];
  const { read_left_out } = require('./rh_left_out.cjs');
  const left_out = read_left_out(process.env.RUNHARNESS_LEFT_OUT);
  restore_environment();
  if (left_out.size > 0 && left_out.has(require('node:path').relative(process.cwd(), file))) process.exit(0);
  const nested = (a, b) => a.startsWith(b + ' > ') || b.startsWith(a + ' > ');
  const usage = measure_process(nested);
  const ordinals = new Map();
  const keys = new Map();
  const now = () => Number(process.hrtime.bigint());
  const write = (event) => {
    try {
      fs.writeSync(out, JSON.stringify({ ...event, pid: process.pid }) + '\n');
    } catch {
      // A full disk or a file size limit must not become a failure of the test.
    }
  };

  write({ e: 'session', t: now(), runner: 'node:test', version: process.versions.node, v: 1, file });
  const { beforeEach, afterEach } = require('node:test');
  beforeEach((context) => {
    const name = context.fullName || context.name;
    const ordinal = (ordinals.get(name) || 0) + 1;
    ordinals.set(name, ordinal);
    const key = `${file}::${name}` + (ordinal > 1 ? `#${ordinal}` : '');
    keys.set(context, key);
    write({ e: 'begin', t: now(), key, name, file });
    usage.begin(context, name);
  });
  afterEach((context) => {
    const used = usage.end(context);
    if (!used) return;
    const message = context.error ? String(context.error.message).slice(0, 4096) : undefined;
    write({ e: 'end', t: now(), key: keys.get(context), ...used, passed: context.passed, message });
    keys.delete(context);
  });
}

if (isMainThread && process.env.RUNHARNESS_EVENTS) {
  // NODE_TEST_CONTEXT is inherited by everything that a test starts: only a direct child of the runner is a test file.
  if (process.env.NODE_TEST_CONTEXT && Number(process.env.RUNHARNESS_NODE_RUNNER) === process.ppid) {
    hook_tests();
  } else if (process.execArgv.some((arg) => /^--(experimental-)?test-isolation=none$/.test(arg))) {
    // The runner's own process runs the tests: the reporter, loaded later, still has to find the stream.
    globalThis[Symbol.for('runharness.events')] = process.env.RUNHARNESS_EVENTS;
    restore_environment();
  } else if (process.execArgv.includes('--test')) {
    process.env.RUNHARNESS_NODE_RUNNER = String(process.pid);
    // Three reporters listen to one stream, more often than node's warning about leaks allows. No test runs here.
    require('node:events').defaultMaxListeners = 100;
  }
}
