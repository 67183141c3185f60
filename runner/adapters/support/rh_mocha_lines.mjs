// Finds out which lines each test file of mocha reaches: mocha loads all files into one process, so each file runs once
// more, alone. rh_mocha_lines.mjs RAW EVENTS ROOT OUT MOCHA...: EVENTS names the files that ran, RAW is a folder for what
// V8 measures, and everything that a file's run starts counts as that file's.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const [raw, events, root, out, ...mocha] = process.argv.slice(2);

function test_files() {
  const files = new Set();
  for (const line of fs.readFileSync(events, 'utf8').split('\n')) {
    if (!line.startsWith('{"e":"begin"') && !line.startsWith('{"e":"result"')) continue;
    try {
      const { file } = JSON.parse(line);
      if (file) files.add(path.relative(root, path.resolve(root, file)));
    } catch {
      // A test wrote into the stream.
    }
  }
  return [...files].sort();
}

// Mocha compares patterns with paths as its own arguments write them.
const escape_glob = (file) => file.replace(/[\\*?[\]{}()!+@|]/g, '\\$&');
const ignore = (file) => [file, `./${file}`, path.join(root, file)].map((each) => `--ignore=${escape_glob(each)}`);

const begin = process.hrtime.bigint();
const files = test_files();
const sessions = path.join(raw, 'sessions.jsonl');
fs.mkdirSync(raw, { recursive: true });
fs.writeFileSync(sessions, '');
files.forEach((file, index) => {
  const folder = path.join(raw, 'one');
  const others = files.filter((each) => each !== file).flatMap(ignore);
  spawnSync(mocha[0], [...mocha.slice(1), ...others], { stdio: 'ignore', env: { ...process.env, NODE_V8_COVERAGE: folder } });
  const pid = index + 1;  // of no process: the number of the file
  fs.appendFileSync(sessions, `{"e":"session","pid":${pid},"file":${JSON.stringify(file)}}\n`);
  const written = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  written.forEach((name, part) => fs.renameSync(path.join(folder, name), path.join(raw, `coverage-${pid}-0-${part}.json`)));
});
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
process.argv = [...process.argv.slice(0, 2), raw, sessions, root, out];
await import('./rh_node_lines.mjs');
fs.appendFileSync(out, `n\tto learn who tests what, ${files.length} mocha files ran a second time, one by one, in ${seconds.toFixed(1)} s\n`);
