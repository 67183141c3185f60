// What this process used between the begin and the end of a test: CPU time, and the high-water mark of its memory
// (VmHWM, reset at each begin). For test runners that run tests in their own process.
'use strict';
const fs = require('node:fs');

exports.bounded = function bounded(text, limit) {
  const bytes = Buffer.from(String(text === undefined || text === null ? '' : text));
  if (bytes.length <= limit) return bytes.toString();
  return `${bytes.subarray(0, limit)}\n... (${bytes.length - limit} bytes cut)`;
};

exports.memory_gauge = function memory_gauge() {
  let reason = '';
  let status = -1;
  let clear = -1;
  try {
    status = fs.openSync('/proc/self/status', 'r');
    clear = fs.openSync('/proc/self/clear_refs', 'w');
  } catch (error) {
    reason = `${error.path || '/proc/self'} cannot be opened: ${error.code}`;
  }
  const buffer = Buffer.alloc(4096);
  return {
    reason: () => reason,
    read() {
      if (status < 0) return 0;
      const size = fs.readSync(status, buffer, 0, buffer.length, 0);
      const at = buffer.indexOf('VmHWM:');
      return at < 0 || at > size ? 0 : Number.parseInt(buffer.toString('latin1', at + 6, at + 30), 10) * 1024;
    },
    reset() {
      if (clear < 0) return;
      try {
        fs.writeSync(clear, '5', 0);
      } catch (error) {
        reason = `the high-water mark cannot be reset: ${error.code}`;
        clear = -1;
      }
    },
  };
};

// `nested(a, b)`: one of the two tests is a part of the other, so that they share a window rightfully.
exports.measure_process = function measure_process(nested = () => false) {
  const gauge = exports.memory_gauge();
  const active = new Map();
  const cpu_now = () => {
    const used = process.cpuUsage();
    return (used.user + used.system) * 1000;
  };
  // The mark belongs to the process: whatever it says now happened while all the active tests ran.
  const fold_peak = () => {
    const peak = gauge.read();
    for (const test of active.values()) test.peak = Math.max(test.peak, peak);
  };
  return {
    begin(id, name = id) {
      fold_peak();
      const test = { name, peak: 0, shared: false, cpu: 0 };
      for (const other of active.values()) {
        if (nested(name, other.name)) continue;
        test.shared = true;
        other.shared = true;
      }
      active.set(id, test);
      gauge.reset();
      test.cpu = cpu_now();
    },
    // Members of an `end` event; undefined for a test that did not begin.
    end(id) {
      const test = active.get(id);
      if (!test) return undefined;
      const cpu_ns = cpu_now() - test.cpu;
      fold_peak();
      active.delete(id);
      const known = gauge.reason() === '';
      return {
        cpu_ns, scope: test.shared ? 'shared_window' : 'exact_window', peak_bytes: known ? test.peak : null,
        peak_reason: known ? undefined : gauge.reason(),
      };
    },
  };
};
