// Runs a package's test script as it is and tells its exit code as the outcome of one test: for runners whose results
// runharness does not read. Arguments: the test's name, the program, its arguments.
'use strict';
const fs = require('node:fs');
const { spawnSync } = require('node:child_process');

const [name, program, ...args] = process.argv.slice(2);
const out = fs.openSync(process.env.RUNHARNESS_EVENTS, 'a');
const env = { ...process.env };
delete env.RUNHARNESS_EVENTS;

function write(event) {
  fs.writeSync(out, JSON.stringify({ t: Number(process.hrtime.bigint()), pid: process.pid, ...event }) + '\n');
}

write({ e: 'session', runner: 'npm-script', v: 1 });
write({ e: 'begin', key: name, name });
const start = process.hrtime.bigint();
const child = spawnSync(program, args, { stdio: 'inherit', env });
const ending = child.error ? child.error.message : child.signal ? `killed by ${child.signal}` : `exit code ${child.status}`;
const passed = child.status === 0;
write({ e: 'result', key: name, name, outcome: passed ? 'passed' : 'failed', attempt: 1,
  duration_ns: Number(process.hrtime.bigint() - start), message: passed ? undefined : ending });
write({ e: 'finish', tests: 1, passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, text: ending });
process.exitCode = child.status ?? 1;
