#!/usr/bin/env python3
"""Programs whose shares are known: how often does the truth lie inside the printed 95 % interval?

Each program measures the CPU time of its own phases with the kernel's clock, so that the truth is what ran and not what was
meant to; the phases are drawn so long that the share is near the one in the name. Each is profiled --runs times.

    profile_shares.py [--runs 10] [--rate 1000] [--python PATH] [--only NAME]

The exit code is 1 when fewer than 93 of 100 intervals hold the truth: with few runs, when that is unlikely to be chance.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = 0.93

# `truth` is filled with seconds of CPU by function name; the clock of the thread counts what it really got.
HEAD = '''
import json, os, sys, threading, time, asyncio
truth = {}
def spin(seconds):
    end = time.thread_time() + seconds
    n = 0
    while time.thread_time() < end:
        for _ in range(50):
            n += 1
def told(name, begin):
    truth[name] = truth.get(name, 0.0) + time.thread_time() - begin
def run(function, *arguments):
    begin = time.thread_time()
    function(*arguments)
    told(function.__name__, begin)
def save(path):
    with open(path, "w") as out:
        json.dump(truth, out)
'''
TAIL = "save(os.environ['TRUTH'])\n"


def alternating(first, second, rounds=100, slice_s=0.02):
    return f'''
def one(): spin({first} * {slice_s})
def two(): spin({second} * {slice_s})
for _ in range({rounds}):
    run(one)
    run(two)
'''


PROGRAMS = {
    "50/50": alternating(0.5, 0.5),
    "70/30": alternating(0.7, 0.3),
    "90/10": alternating(0.9, 0.1),
    "99/1": alternating(0.99, 0.01),
    "short slices": alternating(0.7, 0.3, rounds=2000, slice_s=0.001),
    "recursion": '''
def one(depth=60):
    if depth: return one(depth - 1)
    spin(0.012)
def two(depth=60):
    if depth: return two(depth - 1)
    spin(0.008)
for _ in range(100):
    run(one)
    run(two)
''',
    "threads": '''
def one(): spin(0.02)
def two(): spin(0.01)
lock = threading.Lock()
def work(function, rounds):
    for _ in range(rounds):
        begin = time.thread_time()
        function()
        spent = time.thread_time() - begin
        with lock:
            truth[function.__name__] = truth.get(function.__name__, 0.0) + spent
threads = [threading.Thread(target=work, args=(each, 30)) for each in (one, two, one, two)]
for each in threads: each.start()
for each in threads: each.join()
''',
    "generators": '''
def one():
    while True:
        begin = time.thread_time()
        spin(0.006)
        told("one", begin)
        yield
def two():
    while True:
        begin = time.thread_time()
        spin(0.014)
        told("two", begin)
        yield
first, second = one(), two()
for _ in range(100):
    next(first)
    next(second)
''',
    "async": '''
async def one():
    for _ in range(100):
        begin = time.thread_time()
        spin(0.015)
        told("one", begin)
        await asyncio.sleep(0)
async def two():
    for _ in range(100):
        begin = time.thread_time()
        spin(0.005)
        told("two", begin)
        await asyncio.sleep(0)
async def both(): await asyncio.gather(one(), two())
asyncio.run(both())
''',
    "two processes": '''
def one(): spin(1.2)
def two(): spin(0.8)
pid = os.fork()
if pid == 0:
    run(two)
    save(os.environ["TRUTH"] + ".child")
    os._exit(0)
run(one)
os.waitpid(pid, 0)
truth.update(json.load(open(os.environ["TRUTH"] + ".child")))
''',
}


def profile(options, program, folder):
    file, truth = folder / "profile.json", folder / "truth.json"
    subprocess.run([options.runharness, "profile", "-q", "--rate", str(options.rate), "--json", str(file), "--", options.python,
                    str(program)], check=True, env={**os.environ, "TRUTH": str(truth)}, stdout=subprocess.DEVNULL)
    document = json.loads(file.read_text())
    # The share of what ran under `one`, against the CPU time of the sampled whole: what is neither is in both.
    functions = {}
    for function in document["functions"]:
        if function["file"].endswith(program.name):
            functions[function["name"]] = function["cpu"]["total"]
    seconds = json.loads(truth.read_text())
    return functions, seconds, document


def binomial_below(successes, runs, probability):
    """The chance of at most so many successes."""
    return sum(math.comb(runs, k) * probability**k * (1 - probability) ** (runs - k) for k in range(successes + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runharness", default=os.environ.get("RUNHARNESS", str(REPOSITORY / "build/dev/runner/app/runharness")))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--python", default=os.path.realpath(sys.executable))
    parser.add_argument("--only")
    options = parser.parse_args()
    row = "{:<15} {:>8} {:>9} {:>9} {:>10} {:>10}"
    print(row.format("program", "share", "mean", "half-width", "inside", "rejected"))
    inside = total = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, body in PROGRAMS.items():
            if options.only and options.only != title:
                continue
            program = folder / "known_shares.py"
            program.write_text(HEAD + body + TAIL)
            hits, shares, widths, truths, rejected = 0, [], [], [], []
            for _ in range(options.runs):
                functions, seconds, document = profile(options, program, folder)
                figure = functions.get("one", {"share": 0.0, "low": 0.0, "high": 0.0})
                sampled = document["quality"]["sampled_cpu_ns"] / 1e9
                both = sum(seconds.values())
                # What is not in a phase (start, imports) is in the whole, too: as much as was sampled of it.
                other = max(sampled - sum(each["ns"] for key, each in functions.items() if key in seconds) / 1e9, 0.0)
                truth = seconds["one"] / (both + other)
                hits += figure["low"] <= truth <= figure["high"]
                shares.append(figure["share"])
                widths.append((figure["high"] - figure["low"]) / 2)
                truths.append(truth)
                rejected.append(document["quality"]["rejected_share"] or 0.0)
            inside += hits
            total += options.runs
            count = options.runs
            print(row.format(title, f"{sum(truths) / count:.4f}", f"{sum(shares) / count:.4f}", f"{sum(widths) / count:.4f}",
                             f"{hits}/{count}", f"{100 * sum(rejected) / count:.1f} %"), flush=True)
    print(f"{inside} of {total} intervals hold the truth ({100 * inside / total:.1f} %)")
    return 1 if binomial_below(inside, total, TARGET) < 0.01 else 0


if __name__ == "__main__":
    sys.exit(main())
