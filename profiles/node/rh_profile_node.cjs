// Loaded with --require into every thread of every node process below `runharness profile`: samples the thread it is
// loaded in and appends what V8 returns to a file of that thread. It keeps no file open, adds no listener and starts
// no thread; whatever fails in it stays silent, for the program must behave as it would without it.
'use strict';
(() => {
  delete require.cache[__filename];
  const { openSync, writeSync, closeSync, readFileSync, readlinkSync } = require('node:fs');
  const { isMainThread, threadId } = require('node:worker_threads');
  const now = process.hrtime.bigint;
  const stringify = JSON.stringify;
  const later = setTimeout;
  const config = JSON.parse(readFileSync(`${__dirname}/config.json`, 'utf8'));
  const begun = now();
  const path = `${__dirname}/${process.pid}.${threadId}.${begun}.profile`;

  const append = (text) => {
    const file = openSync(path, 'a', 0o600);
    try {
      const bytes = Buffer.from(text + '\n');
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  };
  const quietly = (action) => {
    try {
      return action();
    } catch {
      return undefined;
    }
  };

  // Not every thread has an inspector: the process of `node --test` that only starts others has none.
  const session = quietly(() => {
    const { Session } = require('node:inspector');
    const opened = new Session();
    opened.connect();
    return opened;
  });
  if (!session) return;

  const task = quietly(() => readlinkSync('/proc/thread-self').split('/').pop());
  append(
    'thread ' +
      stringify({
        pid: process.pid,
        parent: process.ppid,
        tid: Number(task) || 0,
        thread: isMainThread ? 0 : threadId,
        version: process.version,
        argv: [process.execPath, ...process.execArgv, ...process.argv.slice(1)].map(String),
        begun: Number(begun),
        interval: config.interval_us,
      }),
  );

  const ask = (method, parameters) => {
    let answer;
    session.post(method, parameters, (error, result) => {
      if (!error) answer = result;
    });
    return answer; // the session is in this thread: it has answered by now
  };
  ask('Profiler.enable');
  ask('Profiler.setSamplingInterval', { interval: config.interval_us });
  let started;
  const start = () => {
    started = now();
    ask('Profiler.start');
  };

  let largest = 0;
  const used_heap = () => process.memoryUsage().heapUsed;
  // The sampling heap profiler knows the objects that live now: it is asked whenever the heap is the largest so far.
  const save_heap = () => {
    const used = used_heap();
    if (used <= largest) return;
    const answer = ask('HeapProfiler.getSamplingProfile');
    if (!answer) return;
    largest = used;
    append(`heap ${used} ${now()} ` + stringify({ head: answer.profile.head }));
  };
  const save = () => {
    const before = now();
    const answer = ask('Profiler.stop');
    const stopped = now();
    if (answer) append(`cpu ${started} ${before} ${stopped} ` + stringify(answer.profile));
    if (config.heap_interval > 0) quietly(save_heap);
  };

  // What a signal or a crash can cost. Saving stops the sampling for a few milliseconds, so a large program saves
  // less often: at most 1 % of the time goes into it.
  const kSaveEveryMs = 1000;
  let saves = kSaveEveryMs;
  const again = () =>
    later(() => {
      if (finished) return;
      const from = now();
      quietly(save);
      start();
      saves = Math.max(kSaveEveryMs, (Number(now() - from) / 1e6) * 100);
      again();
    }, saves).unref();

  let finished = false;
  const finish = () => {
    if (finished) return;
    finished = true;
    quietly(save);
    quietly(() => append(`end ${now()}`));
    quietly(() => session.disconnect());
  };

  // The end is seen by what node itself looks up when it ends: `process.emit` while exiting, for an 'exit' listener
  // would be counted and could be removed, and a wrapper would show in stack traces.
  let emit = process.emit;
  Object.defineProperty(process, 'emit', {
    configurable: true,
    enumerable: false,
    get() {
      if (process._exiting) finish();
      return emit;
    },
    set(value) {
      emit = value;
    },
  });
  const leave = process.reallyExit;
  if (typeof leave === 'function')
    process.reallyExit = function reallyExit(code) {
      finish();
      return leave.call(process, code);
    };

  if (config.heap_interval > 0)
    ask('HeapProfiler.startSampling', { samplingInterval: config.heap_interval, stackDepth: 64 });
  start();
  again();
})();
