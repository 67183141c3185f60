// Writes which lines each test file reached (docs/test-selection.md) from what V8 measured in each process:
// rh_node_lines.mjs RAW EVENTS ROOT OUT. RAW is the folder of NODE_V8_COVERAGE; EVENTS tells which process ran which test
// file; a process that it does not tell of was started by some test, and what it reached belongs to all of them.
// A script that was compiled from something else is known as a whole only.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [raw, events, root, out] = process.argv.slice(2);

const escape = (text) => text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r');

function test_files() {
  const files = new Map();
  for (const line of fs.readFileSync(events, 'utf8').split('\n')) {
    if (!line.startsWith('{"e":"session"')) continue;
    try {
      const event = JSON.parse(line);
      if (event.file) files.set(event.pid, path.relative(root, path.resolve(root, event.file)));
    } catch {
      // A test wrote into the stream.
    }
  }
  return files;
}

const texts = new Map();
function text_of(file) {
  if (!texts.has(file)) {
    try {
      texts.set(file, fs.readFileSync(file, 'utf8'));
    } catch {
      texts.set(file, undefined);
    }
  }
  return texts.get(file);
}

// Ranges inside of a function come after those around them, and functions are painted from the outermost to the innermost.
function reached_lines(text, functions) {
  const hit = new Uint8Array(text.length);
  const ordered = [...functions].sort((a, b) =>
    a.ranges[0].startOffset - b.ranges[0].startOffset || b.ranges[0].endOffset - a.ranges[0].endOffset);
  for (const { ranges } of ordered) {
    for (const { startOffset, endOffset, count } of ranges) hit.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  }
  const lines = [];
  for (let start = 0, number = 1; start <= text.length; number += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    for (let i = start; i < end; i += 1) {
      if (hit[i] === 1 && text.charCodeAt(i) > 32) {
        lines.push(number);
        break;
      }
    }
    start = end + 1;
  }
  return lines;
}

function ranges_of(lines) {
  const ranges = [];
  for (const line of lines) {
    const last = ranges[ranges.length - 1];
    if (last && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

function is_plain(file, url, maps) {
  return /\.[cm]?jsx?$/.test(file) && !/\.jsx$/.test(file) && !(maps && maps[url]);
}

function read_process(name, reached, test) {
  const { result, 'source-map-cache': maps } = JSON.parse(fs.readFileSync(path.join(raw, name), 'utf8'));
  for (const { url, functions } of result) {
    if (!url.startsWith('file://') || functions.length === 0) continue;
    const file = fileURLToPath(url);
    if (file.includes('/node_modules/') || functions[0].ranges[0].count === 0) continue;
    const text = text_of(file);
    if (text === undefined) continue;
    // The function around all others ends with the text that ran: another length is another text.
    const same = is_plain(file, url, maps) && functions[0].ranges[0].endOffset === text.length;
    const lines = same ? ranges_of(reached_lines(text, functions)) : `1-${text.split('\n').length}`;
    if (!reached.has(file)) reached.set(file, []);
    reached.get(file).push([lines, test]);
  }
}

const files = test_files();
const reached = new Map();
const problems = [];
const measured = new Set();  // test files
const names = fs.existsSync(raw) ? fs.readdirSync(raw).filter((name) => /^coverage-\d+-.*\.json$/.test(name)) : [];
if (names.length === 0) problems.push('no process left what V8 measured');
for (const name of names) {
  const pid = Number(name.split('-')[1]);
  try {
    read_process(name, reached, files.get(pid) ?? '');
    measured.add(files.get(pid));
  } catch (error) {
    problems.push(`${name} cannot be read: ${error.message}`);
  }
}
const lines = ['rh-test-lines 1', ...problems.map((problem) => `p\t${escape(problem)}`)];
for (const [file, tests] of [...reached].sort()) {
  lines.push(`f\t${escape(file)}`);
  for (const [ranges, test] of tests) lines.push(`t\t${ranges}\t${escape(test)}`);
}
for (const test of measured) if (test) lines.push(`r\t${escape(test)}`);
fs.writeFileSync(out, `${lines.join('\n')}\n`);
