#!/usr/bin/env python3
"""What running code costs, beside a bare interpreter, in one run and by turns:

    python3 tests/bench/exec_bench.py [--runharness PATH] [--rounds N] [--json FILE] [--check]

  cold   `runharness exec --language python --code 'print(1)'` against `python3 -I -S -c 'print(1)'` of the same interpreter
  warm   the tool execute_code over MCP (stdio) with execution.warm_pool, sandbox on; the same without a pool; mode exec

The exit code is 0 whatever the figures say; with --check it is 1 when a target is missed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CODE = "print(1)"
MAX_COLD_EXTRA_MS = 5.0
MAX_WARM_MS = 5.0


def timed(argv, folder, environment):
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    spent = (time.perf_counter() - begin) * 1e3
    if done.stdout.strip() != "1":
        raise SystemExit(f"{argv[:3]} printed {done.stdout!r}: {done.stderr[:500]}")
    return spent


class Server:
    def __init__(self, program, folder, environment):
        self.process = subprocess.Popen([program, "mcp", "--enable"], cwd=folder, env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.number = 0
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write((json.dumps(message) + "\n").encode())
        self.process.stdin.flush()

    def ask(self, method, params):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.number:
                return answer["result"]

    def call(self, **more):
        begin = time.perf_counter()
        result = self.ask("tools/call", {"name": "execute_code", "arguments": {"language": "python", "code": CODE, **more}})
        spent = (time.perf_counter() - begin) * 1e3
        if result["structuredContent"]["stdout"] != "1\n":
            raise SystemExit(f"the server answered {json.dumps(result)[:800]}")
        return spent

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


def line(name, values):
    print(f"  {name:<42} min {min(values):7.2f}   median {statistics.median(values):7.2f} ms")
    return {"min": min(values), "median": statistics.median(values)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runharness", default=str(REPOSITORY / "build/release/runharness"))
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    options.runharness = str(pathlib.Path(options.runharness).resolve())
    figures, missed = {}, []
    with tempfile.TemporaryDirectory(prefix="rh-bench-") as base:
        folder = pathlib.Path(base, "project")
        folder.mkdir()
        environment = {**os.environ, "XDG_CONFIG_HOME": base + "/config", "XDG_STATE_HOME": base + "/state"}
        program = options.runharness
        cold = [program, "exec", "--enable", "--language", "python", "--code", CODE]
        first = json.loads(subprocess.run([*cold, "--json"], cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout)
        python = first["runtime"]["path"]
        figures["cold"], figures["bare"] = [], []
        for _ in range(options.rounds):
            figures["bare"].append(timed([python, "-I", "-S", "-c", CODE], folder, environment))
            figures["cold"].append(timed(cold, folder, environment))
        config = pathlib.Path(base, "config/runharness/agent.toml")
        config.parent.mkdir(parents=True)
        plain = Server(program, folder, environment)
        config.write_text("[execution]\nwarm_pool = 2\n")
        warm = Server(program, folder, environment)
        for server in (plain, warm):
            server.call()
        figures["over MCP, a start for each call"], figures["over MCP, warm"], figures["over MCP, warm, mode exec"] = [], [], []
        warm.call(execution_mode="exec")
        for _ in range(options.rounds):
            figures["over MCP, a start for each call"].append(plain.call())
            figures["over MCP, warm"].append(warm.call())
            figures["over MCP, warm, mode exec"].append(warm.call(execution_mode="exec"))
        plain.close()
        warm.close()
    print(f"print(1) with {python}, {options.rounds} rounds by turns")
    summary = {name: line(name, values) for name, values in figures.items()}
    extra = summary["cold"]["median"] - summary["bare"]["median"]
    for name, value, limit in (("cold over bare", extra, MAX_COLD_EXTRA_MS), ("warm over MCP", summary["over MCP, warm"]["median"], MAX_WARM_MS)):
        met = value <= limit
        print(f"  target: {name} <= {limit:g} ms: {'met' if met else 'MISSED'} ({value:.2f} ms)")
        if not met:
            missed.append(name)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(summary, indent=1) + "\n")
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
