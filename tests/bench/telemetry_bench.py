#!/usr/bin/env python3
"""What telemetry costs a short `runharness exec`: against a collector that takes it, one that answers after
100 ms, one where nobody listens, one that takes connections and says nothing, addresses that nobody answers from, and names that do
not resolve. The cases take turns in one run; what is printed is the
median of the differences to the same command without telemetry, in milliseconds.

    RUNHARNESS=build/release/runharness tests/bench/telemetry_bench.py [ROUNDS]
"""

import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "agents"))
from fake_collector import FakeCollector

RUNHARNESS = os.environ.get("RUNHARNESS", "build/release/runharness")


def measure(command, environment, folder):
    begin = time.perf_counter()
    subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    collector, slow = FakeCollector(), FakeCollector(delay=0.1)
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(512)
    cases = {"without telemetry": None, "a collector": collector.url, "one that answers after 100 ms": slow.url,
             "nobody listens": "http://127.0.0.1:1", "nobody listens, https": "https://127.0.0.1:1",
             "a name that does not resolve": "http://collector.invalid:4318", "no way to it": "http://10.255.255.1:4318",
             "takes connections, says nothing": f"http://127.0.0.1:{silent.getsockname()[1]}",
             "nobody answers": "http://192.0.2.1:4318"}
    # What is left to processes of their own must not pile up over the rounds.
    base = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "RUNHARNESS_"))}
    base["OTEL_EXPORTER_OTLP_TIMEOUT"] = "1000"
    command = [str(pathlib.Path(RUNHARNESS).resolve()), "exec", "--enable", "--save-execution=false", "--language", "bash",
               "--code", "echo 1"]
    times = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        base["XDG_CONFIG_HOME"] = folder
        for _ in range(rounds + 2):
            for name, url in cases.items():
                environment = base if url is None else {**base, "OTEL_EXPORTER_OTLP_ENDPOINT": url}
                times[name].append(measure(command, environment, folder))
    plain = times["without telemetry"][2:]
    print(f"{rounds} rounds of runharness exec --language bash --code 'echo 1'; the median of what each costs more")
    print(f"{'without telemetry':34} {statistics.median(plain):7.2f} ms (minimum {min(plain):.2f})")
    for name in list(cases)[1:]:
        more = [one - other for one, other in zip(times[name][2:], plain)]
        print(f"{name:34} {statistics.median(more):+7.2f} ms (minimum of each: {min(times[name][2:]) - min(plain):+.2f})")


if __name__ == "__main__":
    main()
