// Keeps the state of a JavaScript session: runs cell after cell as a script of one global scope, as a line "N" on the control
// socket (descriptor 0) asks, and answers "N STATUS". argv: folder of the cells.
'use strict';
const fs = require('fs');
const net = require('net');
const path = require('path');
const util = require('util');
const vm = require('vm');
const { createRequire } = require('module');

const folder = process.argv[2];
const target = process.env.RUNHARNESS_RESULT;
const control = new net.Socket({ fd: 0, readable: true, writable: true });
process.argv.splice(1);
globalThis.require = createRequire(path.join(process.cwd(), 'session.js'));
globalThis.module = { exports: {} };
globalThis.exports = globalThis.module.exports;

let stop = () => {};
process.on('SIGINT', () => stop(new Error('interrupted')));
let failed = null;
const told = (problem) => {
  failed = problem;
  const text = problem && problem.stack ? problem.stack : `Uncaught ${util.inspect(problem)}`;
  // Frames of this file and of what calls it are not the code's.
  const own = (line) => /^\s+at .*(session\.cjs|node:vm:|node:internal\/process\/)/.test(line);
  process.stderr.write(text.split('\n').filter((line) => !own(line)).join('\n') + '\n');
};
process.on('uncaughtException', told);
process.on('unhandledRejection', told);

// A process.exit of the code ends its cell, not the session.
class Exit extends Error {}
process.exit = (code) => { throw Object.assign(new Exit('exit'), { code: code ?? process.exitCode ?? 0 }); };

function keepResult(text) {
  if (!target || fs.existsSync(target) || !/\bresult\b/.test(text)) return;
  try {
    const value = vm.runInThisContext('typeof result === "undefined" ? undefined : result');
    const words = JSON.stringify(value, (_, one) => typeof one === 'bigint' ? one.toString()
      : one instanceof Map ? Object.fromEntries(one) : one instanceof Set ? [...one] : one);
    if (words !== undefined) fs.writeFileSync(target, words);
  } catch (problem) {
    process.stderr.write(`runharness: the variable result is no JSON: ${problem.message}\n`);
  }
}

function compiled(text, filename) {
  try {
    return new vm.Script(text, { filename, importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  } catch (problem) {
    if (!(problem instanceof SyntaxError) || !/\bawait\b/.test(text)) throw problem;
    // `await` outside of a function: its names are those of this cell alone.
    return new vm.Script(`(async () => {${text}\n})()`, { filename });
  }
}

async function run(number) {
  const text = fs.readFileSync(path.join(folder, `cell_${number}`), 'utf8');
  const call = JSON.parse(fs.readFileSync(path.join(folder, `call_${number}`), 'utf8'));
  Object.assign(process.env, call.env);
  if ('context' in call) globalThis.context = call.context;
  failed = null;
  try {
    let value = compiled(text, `session ${number}`).runInThisContext({ breakOnSigint: true });
    if (value && typeof value.then === 'function')
      value = await Promise.race([value, new Promise((_, no) => { stop = no; })]);
    await new Promise((done) => setImmediate(done));
    if (call.echo && value !== undefined) process.stdout.write(util.inspect(value) + '\n');
  } catch (problem) {
    if (problem instanceof Exit) return problem.code;
    if (problem && (problem.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED' || problem.message === 'interrupted')) {
      process.stderr.write('interrupted\n');
      return 130;
    }
    told(problem);
  } finally {
    stop = () => {};
    keepResult(text);
  }
  return failed === null ? 0 : 1;
}

let held = '';
let order = Promise.resolve();
control.setEncoding('utf8');
control.on('data', (some) => {
  held += some;
  for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
    const number = held.slice(0, end);
    held = held.slice(end + 1);
    order = order.then(() => run(number)).then((status) => control.write(`${number} ${status & 255}\n`));
  }
});
control.on('end', () => process.reallyExit(0));
