"""What a call of the MCP server costs, beside a server of the Python SDK that runs code in a subprocess, in one run:

    python3 tests/bench/mcp_bench.py [--runharness PATH] [--sdk PYTHON] [--calls N] [--json FILE]

`--sdk`: a Python that has mcp 1.x (tests/agents/prepare.py makes one); without it that row is left out. Both servers are
spoken to over stdio by the same client, which is this file, in turns.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SDK_SERVER = """
import subprocess, sys
from mcp.server.fastmcp import FastMCP
server = FastMCP("peer")

@server.tool()
def execute_python(code: str) -> dict:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return {"stdout": done.stdout}

@server.tool()
def nothing() -> dict:
    return {}

server.run()
"""


class Server:
    def __init__(self, command, folder):
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "XDG_CONFIG_HOME": folder})
        self.number = 0
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}})
        self.start_ms = (time.perf_counter() - self.begun) * 1e3
        self.process.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        self.rss_mb = int(status.split("VmRSS:")[1].split()[0]) / 1024

    def ask(self, method, params):
        self.number += 1
        self.process.stdin.write((json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}) + "\n").encode())
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.number:
                return answer["result"]

    def call(self, tool, arguments):
        begun = time.perf_counter()
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        return (time.perf_counter() - begun) * 1e3, result

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def figures(times):
    return {"min_ms": round(min(times), 3), "median_ms": round(statistics.median(times), 3),
            "p95_ms": round(sorted(times)[int(len(times) * 0.95)], 3), "calls": len(times)}


def check(result, expected="1\n"):
    stdout = (result.get("structuredContent") or json.loads(result["content"][0]["text"])).get("stdout")
    assert stdout == expected, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runharness", default=REPOSITORY / "build/release/runharness")
    parser.add_argument("--sdk", default=REPOSITORY / "build/agent-referees/sdk1/bin/python")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--json")
    options = parser.parse_args()
    options.runharness = str(pathlib.Path(options.runharness).resolve())
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options, folder)
    for name, row in rows.items():
        print(f"{name:44} " + "  ".join(f"{key} {value}" for key, value in row.items()))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


def measure(options, folder):
    ours = [str(options.runharness), "mcp", "--enable"]
    starts = []
    for _ in range(10):
        server = Server(ours, folder)
        starts.append(server.start_ms)
        server.close()
    cold, warm = Server(ours, folder), Server([*ours, "--warm", "4"], folder)
    peer = None
    if pathlib.Path(options.sdk).exists():
        peer = Server([str(options.sdk), "-c", SDK_SERVER], folder)
    rows = {"runharness: start to initialized": figures(starts)}
    rows["runharness: memory"] = {"rss_mb": round(cold.rss_mb, 1)}
    times = {"empty": [], "cold": [], "warm": [], "peer empty": [], "peer": []}
    for number in range(options.calls + 5):
        one = {}
        one["empty"], _ = cold.call("safety_check", {})
        one["cold"], result = cold.call("execute_python", {"code": "print(1)"})
        check(result)
        one["warm"], result = warm.call("execute_python", {"code": "print(1)"})
        check(result)
        if peer:
            one["peer empty"], _ = peer.call("nothing", {})
            one["peer"], result = peer.call("execute_python", {"code": "print(1)"})
            check(result)
        if number >= 5:  # the first ones fill caches
            for name, value in one.items():
                times[name].append(value)
    rows["runharness: a call that runs nothing"] = figures(times["empty"])
    rows["runharness: print(1), cold sandbox"] = figures(times["cold"])
    rows["runharness: print(1), warm sandbox (--warm 4)"] = figures(times["warm"])
    if peer:
        rows["Python SDK: start to initialized"] = {"ms": round(peer.start_ms, 1), "rss_mb": round(peer.rss_mb, 1)}
        rows["Python SDK: a call that runs nothing"] = figures(times["peer empty"])
        rows["Python SDK: print(1) in a subprocess"] = figures(times["peer"])
        rows["ratio: warm print(1) / Python SDK"] = {
            "of_medians": round(statistics.median(times["warm"]) / statistics.median(times["peer"]), 3)}
        peer.close()
    cold.close()
    warm.close()
    return rows


if __name__ == "__main__":
    main()
