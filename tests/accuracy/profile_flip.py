#!/usr/bin/env python3
"""The flip test: does a profiler print call stacks that never were?

The program calls two leaves in turn, each by its one caller, as fast as Python can, from a module whose code object took the
memory of another. So every sampled pair of caller and leaf is either right or impossible, and every name is right or stale.
Program and sampler are pinned to different CPUs (unpinned they often share one, and every tool looks perfect).

    profile_flip.py [--seconds 60] [--rates 1000,5000] [--python PATH]... [--rivals FOLDER]

With --rivals the same is done by py-spy (blocking and not) and austin, which are installed from PyPI into FOLDER first (the
only step that needs the network); one that does not start is named and left out. The exit code is 1 when our own sampler
printed an impossible pair or a wrong name, 77 on a machine with one CPU.
"""
import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RIVALS = ["py-spy==0.4.3", "austin-dist==3.7.0"]

# argv: seconds, CPU. Prints the number of rounds.
PROGRAM = '''
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[2])})
def leaf_a():
    x = 1
    return x + 1
def leaf_b():
    y = 2
    return y + 2
def call_a():
    return leaf_a()
def call_b():
    return leaf_b()
def rounds_of(end):
    rounds = 0
    while time.monotonic() < end:
        for _ in range(1000):
            call_a()
            call_b()
        rounds += 1000
    return rounds
reused = """def gone_%d(n):
    x = 0
    for i in range(n):
        x += i
    return x
gone_%d(300)
"""
end = time.monotonic() + float(sys.argv[1])
rounds = k = 0
while time.monotonic() < end:
    rounds += rounds_of(min(end, time.monotonic() + 0.2))
    for _ in range(20):
        k += 1
        exec(compile(reused % (k, k), "generation_%d" % k, "exec"), {})
print(rounds)
'''
CALLERS = {"leaf_a": {"call_a"}, "leaf_b": {"call_b"}, "call_a": {"rounds_of"}, "call_b": {"rounds_of"},
           "rounds_of": {"<module>"}}


class Tally:
    """Pairs of caller and callee as a profiler saw them. A frame is (name, file)."""

    def __init__(self):
        self.samples = self.leaves = self.impossible = self.wrong_names = 0
        self.examples = collections.Counter()

    def wrong(self, frames, at):
        name, file = frames[at]
        if name.startswith("gone_"):
            return file != "generation_" + name[5:]
        caller = frames[at - 1] if at else None
        if file.startswith("generation_") and name == "<module>":
            return caller is not None and caller[0] != "<module>"
        return file.endswith("flip_program.py") and name not in CALLERS and name != "<module>"

    def add(self, frames, count):
        self.samples += count
        for at, (name, file) in enumerate(frames):
            if self.wrong(frames, at):
                self.wrong_names += count
                self.examples["wrong name " + ";".join(frame[0] for frame in frames)] += count
                return
            if name not in CALLERS:
                continue
            if at == len(frames) - 1 and name.startswith("leaf_"):
                self.leaves += count
            if at == 0 or frames[at - 1][0] not in CALLERS[name]:
                self.impossible += count
                self.examples["impossible " + ";".join(frame[0] for frame in frames)] += count
                return


def program_argv(python, program, seconds):
    return [python, str(program), str(seconds), "0"]


def pinned(argv):
    return [shutil.which("taskset"), "-c", "1", *argv]


def ours(runharness, python, program, rate, seconds, folder):
    file = folder / "ours.json"
    subprocess.run(pinned([runharness, "profile", "-q", "--rate", str(rate), "--json", str(file), "--",
                           *program_argv(python, program, seconds)]), check=True, stdout=subprocess.DEVNULL)
    document = json.loads(file.read_text())
    frames, stacks, tally = document["frames"], document["stacks"], Tally()
    paths = []
    for parent, frame in zip(stacks["parent"], stacks["frame"]):
        own = [(frames["name"][frame], frames["file"][frame])]
        paths.append(own if parent is None or parent < 0 else paths[parent] + own)
    for stack in document["samples"]["stack"]:
        if stack is not None and stack >= 0:
            tally.add(paths[stack], 1)
    quality = document["quality"]
    rejected = 100 * quality["rejected"] / max(quality["taken"] + quality["rejected"], 1)
    return tally, f"{rejected:.1f} %", f"{quality['late']} late of {quality['expected']}"


def collapsed(text, pattern):
    tally = Tally()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [(match["name"], match["file"]) for match in re.finditer(pattern, stack)]
        if frames and count.isdigit():
            tally.add(frames, int(count))
    return tally


def py_spy(folder, extra):
    def run(_, python, program, rate, seconds, scratch):
        out = scratch / "py-spy.txt"
        done = subprocess.run(pinned([str(folder / "bin/py-spy"), "record", "--full-filenames", "-f", "raw", "-r", str(rate), "-o",
                                      str(out), "-d", str(int(seconds) + 2), *extra, "--",
                                      *program_argv(python, program, seconds)]), capture_output=True, text=True, check=False)
        tally = collapsed(out.read_text(), r"(?P<name>[^;(]+) \((?P<file>[^;)]*?)(?::\d+)?\)")
        told = re.search(r"Samples: \d+ Errors: (\d+)", done.stdout + done.stderr)
        return tally, "-", f"says {told[1]} errors" if told else ""
    return run


def austin(folder):
    def run(_, python, program, rate, seconds, scratch):
        out = scratch / "austin.txt"
        done = subprocess.run(pinned([str(folder / "bin/austin"), "-i", f"{1_000_000 // rate}us", "-o", str(out),
                                      *program_argv(python, program, seconds)]), capture_output=True, text=True, check=False)
        text = "\n".join(re.sub(r" \d+$", " 1", line) for line in out.read_text().splitlines() if not line.startswith("#"))
        tally = collapsed(text, r";(?P<file>[^;:]*):(?P<name>[^;:]+):\d+")
        told = re.search(r"Error rate\D*([\d./]+ ?\S*)", done.stdout + done.stderr)
        return tally, "-", f"says error rate {told[1]}" if told else ""
    return run


def install(folder):
    if not (folder / "bin/python").exists():
        print(f"installing {', '.join(RIVALS)} into {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *RIVALS], check=True)
    return {"py-spy": py_spy(folder, []), "py-spy --nonblocking": py_spy(folder, ["--nonblocking"]), "austin": austin(folder)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runharness", default=os.environ.get("RUNHARNESS", str(REPOSITORY / "build/dev/runner/app/runharness")))
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rates", default="1000,5000")
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("--rivals", type=Path)
    options = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2 or not shutil.which("taskset"):
        print("skipped: the test needs two CPUs and taskset")
        return 77
    tools = {"runharness": ours}
    if options.rivals:
        tools.update(install(options.rivals.resolve()))
    failed = False
    row = "{:<22} {:<8} {:>6} {:>9} {:>9} {:>11} {:>11} {:>9}  {}"
    print(row.format("profiler", "python", "Hz", "samples", "in leaves", "impossible", "wrong names", "rejected", "notes"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "flip_program.py"
        program.write_text(PROGRAM)
        for python in options.python or [os.path.realpath(sys.executable)]:
            version = subprocess.run([python, "-c", "import platform; print(platform.python_version())"], check=True,
                                     capture_output=True, text=True).stdout.strip()
            for rate in map(int, options.rates.split(",")):
                for tool, run in tools.items():
                    try:
                        tally, rejected, note = run(options.runharness, python, program, rate, options.seconds, folder)
                    except (OSError, subprocess.CalledProcessError) as error:
                        if run is ours:
                            raise
                        print(f"{tool:<22} {version:<8} left out: {error}")
                        continue
                    impossible = 100 * tally.impossible / max(tally.samples, 1)
                    print(row.format(tool, version, rate, tally.samples, tally.leaves, f"{tally.impossible} {impossible:.2f}%",
                                     tally.wrong_names, rejected, note), flush=True)
                    if run is ours:
                        failed = failed or tally.impossible > 0 or tally.wrong_names > 0 or tally.leaves == 0
                        for example, count in tally.examples.most_common(5):
                            print(f"    {count} x {example}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
