// Runs code again and again: lines of JSON come and go on the socket that is descriptor 0. 
'use strict';
const fs = require('fs');
const net = require('net');
const path = require('path');
const util = require('util');
const vm = require('vm');
const { createRequire } = require('module');

const control = new net.Socket({ fd: 0, readable: true, writable: true });
const folder = process.cwd();
const programRequire = createRequire(path.join(folder, 'main.js'));
process.argv.splice(1);

function plain(value) {
  const seen = new WeakSet();
  return JSON.stringify(value, (_, one) => {
    if (typeof one === 'bigint') return one.toString();
    if (one instanceof Map) return Object.fromEntries(one);
    if (one instanceof Set) return [...one];
    if (typeof one === 'object' && one !== null) {
      if (seen.has(one)) return '[circular]';
      seen.add(one);
    }
    return one;
  });
}

const given = { require: programRequire, module: { exports: {} }, exports: {}, __dirname: folder, __filename: path.join(folder, 'main.js') };
Object.assign(globalThis, given);

// A context has the language's own names; the rest, and a console that prints, are Node's.
let foreign = null;

function newContext() {
  if (foreign === null) {
    const own = new Set(vm.runInNewContext('Object.getOwnPropertyNames(globalThis)'));
    foreign = Object.getOwnPropertyNames(globalThis).filter((name) => !own.has(name) || name === 'console');
  }
  const own = Object.create(null);
  for (const name of foreign) own[name] = globalThis[name];
  Object.assign(own, given);
  return vm.createContext(own);
}

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind.endsWith('Wrap') && kind !== 'PipeWrap' && kind !== 'TTYWrap').length;

// Until what the code started has ended, so that its output belongs to it.
async function settled() {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (timers() === 0) return;
    await new Promise((resolve) => { const timer = setTimeout(resolve, 2); timer.unref(); setImmediate(() => {}); });
    if (timers() <= 0) return;
  }
}

let failure = null;
process.on('uncaughtException', (problem) => { failure = problem; });
process.on('unhandledRejection', (problem) => { failure = problem; });

function told(problem) {
  const stack = problem && problem.stack ? String(problem.stack) : String(problem);
  const lines = stack.split('\n').filter((line) => !line.includes(__filename) && !line.includes('node:'));
  return { name: (problem && problem.name) || 'Error', message: problem && problem.message !== undefined ? String(problem.message) : String(problem), traceback: lines };
}

// Top-level await is no script: such code becomes a function, and its own declarations are gone afterwards.
function compile(code, name) {
  try {
    return new vm.Script(code, { filename: name });
  } catch (problem) {
    if (!(problem instanceof SyntaxError) || !/\bawait\b/.test(code)) throw problem;
    return new vm.Script(`(async () => {${code}\n})()`, { filename: name });
  }
}

async function run(call) {
  const reply = { id: call.id, error: null, exit: null };
  const fresh = call.apart === 'names';
  failure = null;
  process.argv.splice(1, Infinity, call.name, ...(call.arguments || []));
  try {
    const context = fresh ? newContext() : null;
    if (call.context !== undefined) (fresh ? context : globalThis).context = call.context;
    const script = compile(call.code, call.name);
    const value = fresh ? script.runInContext(context) : script.runInThisContext();
    if (util.types.isPromise(value)) await value;
    await settled();
    if (failure !== null) throw failure;
    const read = 'typeof result === "undefined" ? undefined : result';
    const result = fresh ? vm.runInContext(read, context) : vm.runInThisContext(read);
    if (result !== undefined) reply.result = plain(result);
  } catch (problem) {
    reply.error = told(problem);
  }
  return reply;
}

process.on('exit', (code) => {
  if (current !== null) fs.writeSync(0, JSON.stringify({ id: current, error: null, exit: code }) + '\n');
});

let current = null;
let rest = '';
let queue = Promise.resolve();
control.setEncoding('utf8');
control.on('data', (part) => {
  rest += part;
  for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
    const call = JSON.parse(rest.slice(0, end));
    rest = rest.slice(end + 1);
    queue = queue.then(async () => {
      current = call.id;
      const reply = await run(call);
      current = null;
      control.write(JSON.stringify(reply) + '\n');
    });
  }
});
control.on('end', () => { current = null; process.exit(0); });
