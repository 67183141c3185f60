// Loaded before a JavaScript program: gives it `context`, and keeps its variable `result` as JSON in the file that
// RUNHARNESS_RESULT names.
'use strict';
const fs = require('fs');
const Module = require('module');
const target = process.env.RUNHARNESS_RESULT;
const program = require('path').resolve(process.env.RUNHARNESS_PROGRAM || '');
delete process.env.RUNHARNESS_PROGRAM;

if (process.env.RUNHARNESS_CONTEXT) globalThis.context = JSON.parse(fs.readFileSync(process.env.RUNHARNESS_CONTEXT, 'utf8'));

// `const result` of a module is its own: the last words of the program hand out a way to read it when the process ends.
let read = () => globalThis.result;
globalThis.__runharness_result = (reader) => { read = reader; };
const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  if (filename !== program) return compile.call(this, content, filename, ...rest);
  Module.prototype._compile = compile;
  const reader = 'globalThis.__runharness_result?.(() => typeof result === "undefined" ? undefined : result);';
  return compile.call(this, content + '\n;' + reader, filename, ...rest);
};

process.on('exit', () => {
  if (!target || fs.existsSync(target)) return;
  let value;
  try { value = read(); } catch { return; }
  if (value === undefined) return;
  try {
    const seen = new WeakSet();
    const text = JSON.stringify(value, (_, one) => {
      if (typeof one === 'bigint') return one.toString();
      if (one instanceof Map) return Object.fromEntries(one);
      if (one instanceof Set) return [...one];
      if (typeof one === 'object' && one !== null) {
        if (seen.has(one)) return '[circular]';
        seen.add(one);
      }
      return one;
    });
    if (text !== undefined) fs.writeFileSync(target, text);
  } catch (problem) {
    process.stderr.write(`runharness: the variable result is no JSON: ${problem.message}\n`);
  }
});
