#!/usr/bin/env python3
"""What `runharness profile` costs the program, beside other profilers of Python in the same run. Each tool and the plain
program are timed in turns (plain A B C ... plain A B C ...), because the load of a machine changes more between minutes than
between seconds; a tool's slowdown is the median over the rounds of its time divided by the plain time of the same round.

  slowdown   wall time with the tool / without, as the program itself measures it: without start and report of the tool
  start      time that the tool adds to a program that does nothing
  own CPU    CPU time of everything that ran less what the program and its children counted of themselves in the same run,
             as a share of the program's wall time; what a tool does inside of the program shows as slowdown instead

"wake-ups alone" is no profiler: a program of C that starts the other and sleeps one period at a time until that has ended.
What it costs, no tool that samples from outside at this rate can go below on this machine. It needs a C compiler.

The peers are installed from PyPI into a virtual environment below --peers (the only step that needs the network); one that
does not install or start is named and left out. The exit code is 0 whatever the figures say; with --check it is 1 when a
target is missed.
"""
import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PEERS = ["py-spy==0.4.3", "austin-dist==3.7.0", "scalene==2.4.0", "pyinstrument==5.1.3", "memray==1.20.0"]
MAX_SLOWDOWN, MAX_OWN_CPU, MAX_START_MS = 1.02, 0.03, 20.0

# Each writes the wall time of its work, and the CPU time of it and its children since the start, to the file in WORK_TIME.
HEAD = """
import os, sys, time
begin = time.perf_counter()
"""
TAIL = """
wall = time.perf_counter() - begin
import resource
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
with open(os.environ["WORK_TIME"], "w") as out:
    out.write(f"{wall!r} {sum(one.ru_utime + one.ru_stime for one in used)!r}")
"""
# argv: nanoseconds, command
WAKE_UPS = """
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char** argv) {
  const struct timespec period = {0, atol(argv[1])};
  int status = 0;
  const pid_t child = fork();
  if (child == 0) execv(argv[2], argv + 2);
  if (child <= 0) _exit(127);
  prctl(PR_SET_TIMERSLACK, 1UL);
  while (waitpid(child, &status, WNOHANG) == 0) nanosleep(&period, 0);
  return WEXITSTATUS(status);
}
"""
PROGRAMS = {
    "calls": "def leaf(x):\n    return x + 1\ndef run(n):\n    t = 0\n    for i in range(n):\n        t = leaf(t)\n    return t\nrun(20_000_000)\n",
    "loop": "def run(n):\n    t = 0\n    for i in range(n):\n        t += i * i\n    return t\nrun(18_000_000)\n",
    "four threads": "import threading\ndef run(n):\n    t = 0\n    for i in range(n):\n        t += i * i\n"
                    "ts = [threading.Thread(target=run, args=(4_500_000,)) for _ in range(4)]\n"
                    "[t.start() for t in ts]; [t.join() for t in ts]\n",
    "two children": "import multiprocessing as m\ndef run(n):\n    t = 0\n    for i in range(n):\n        t += i * i\n"
                    "if __name__ == '__main__':\n    ps = [m.Process(target=run, args=(12_000_000,)) for _ in range(2)]\n"
                    "    [p.start() for p in ps]; [p.join() for p in ps]\n",
    "eight children": "import multiprocessing as m\ndef run(n):\n    t = 0\n    for i in range(n):\n        t += i * i\n"
                      "if __name__ == '__main__':\n    ps = [m.Process(target=run, args=(3_000_000,)) for _ in range(8)]\n"
                      "    [p.start() for p in ps]; [p.join() for p in ps]\n",
    "allocations": "def run(n):\n    kept = []\n    for i in range(n):\n        kept.append([i, str(i)])\n        if len(kept) > 1000:\n"
                   "            kept.clear()\nrun(3_000_000)\n",
    "depth 500": "def run(n, rounds):\n    if n:\n        return run(n - 1, rounds)\n    t = 0\n    for i in range(rounds):\n"
                 "        t += i * i\n    return t\nrun(500, 18_000_000)\n",
}


def prepare(folder):
    venv = folder / "venv"
    if not (venv / "bin/python").exists():
        print(f"installing {', '.join(PEERS)} into {venv}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        for peer in PEERS:
            done = subprocess.run([venv / "bin/pip", "install", "-q", "--disable-pip-version-check", peer], check=False)
            if done.returncode:
                print(f"  {peer} does not install here", flush=True)
    return venv


def wake_ups(rate, scratch):
    """The command before the program's, or none without a compiler"""
    source, program = scratch / "wake_ups.c", scratch / "wake_ups"
    source.write_text(WAKE_UPS)
    compiler = shutil.which("cc")
    if not compiler or subprocess.run([compiler, "-O2", "-o", program, source], check=False, stdin=subprocess.DEVNULL).returncode:
        print("wake-ups alone is left out: no C compiler")
        return None
    return [program, str(round(1_000_000_000 / rate))]


def tools(venv, runharness, rate, scratch):
    python = os.path.realpath(venv / "bin/python")
    venv_python = str(venv / "bin/python")
    period = round(1_000_000 / rate)
    every = {
        "runharness": [runharness, "profile", "-q", "--rate", str(rate), "--json", scratch / "p.json", "--python", python],
        "runharness --memory": [runharness, "profile", "-q", "--memory", "--json", scratch / "p.json", "--python", python],
        "runharness --native": [runharness, "profile", "-q", "--native", "--rate", str(rate), "--json", scratch / "p.json",
                                "--python", python],
        "tracemalloc": [python, "-X", "tracemalloc=16"],
        "py-spy": [venv / "bin/py-spy", "record", "-s", "-r", str(rate), "-f", "raw", "-o", scratch / "spy", "--", python],
        "py-spy --nonblocking": [venv / "bin/py-spy", "record", "-s", "--nonblocking", "-r", str(rate), "-f", "raw", "-o",
                                 scratch / "spy", "--", python],
        "austin": [venv / "bin/austin", "-C", "-i", str(period), "-o", scratch / "austin", python],
        "scalene": [venv_python, "-m", "scalene", "run", "--cpu-only", "-o", scratch / "scalene.json"],
        "cProfile": [python, "-m", "cProfile", "-o", scratch / "c"],
        "pyinstrument": [venv_python, "-m", "pyinstrument", "-o", scratch / "pyi", "-r", "text"],
        "memray": [venv_python, "-m", "memray", "run", "-q", "-f", "-o", scratch / "memray"],
    }
    if alone := wake_ups(rate, scratch):
        every["wake-ups alone"] = [*alone, python]
    return python, {name: [str(word) for word in command] for name, command in every.items()}


def run(command, script, scratch):
    """(work, wall, CPU of the whole tree less the program's, exit code)"""
    stamp = scratch / "work"
    stamp.unlink(missing_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run([*command, str(script)], cwd=scratch, env={**os.environ, "WORK_TIME": str(stamp)}, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not stamp.exists():
        return None, wall, cpu, done.returncode
    work, program_cpu = map(float, stamp.read_text().split())
    return work, wall, cpu - program_cpu, done.returncode


def works(name, command, scratch):
    script = scratch / "probe.py"
    script.write_text(HEAD + TAIL)
    try:
        work, _, _, code = run(command, script, scratch)
    except OSError as problem:
        print(f"{name} is left out: {problem}")
        return False
    if work is None:
        print(f"{name} is left out: it ended with {code} and did not run the program")
    return work is not None


def compare(plain, commands, script, scratch, rounds):
    rows = {name: {"slowdown": [], "cpu": []} for name in commands}
    for _ in range(rounds):
        base_work, _, rest, _ = run(plain, script, scratch)  # rest: the program's end, behind its own count
        for name, command in commands.items():
            work, _, cpu, _ = run(command, script, scratch)
            if work is None:
                continue
            rows[name]["slowdown"].append(work / base_work)
            rows[name]["cpu"].append((cpu - rest) / work)
    return rows


def added_start(plain, commands, scratch, rounds):
    script = scratch / "nothing.py"
    script.write_text(HEAD + TAIL)
    added = {name: [] for name in commands}
    for _ in range(rounds):
        base = run(plain, script, scratch)[1]
        for name, command in commands.items():
            added[name].append((run(command, script, scratch)[1] - base) * 1000)
    return added


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runharness", required=True, type=Path)
    parser.add_argument("--peers", type=Path, default=REPOSITORY / "build/bench/profilers", help="where peers are installed")
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", action="append", choices=[*PROGRAMS, "start"], help="these programs; repeatable")
    parser.add_argument("--tool", action="append", help="these tools; repeatable")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a target is missed")
    options = parser.parse_args()
    options.peers.mkdir(parents=True, exist_ok=True)
    venv = prepare(options.peers.resolve())
    scratch = Path(tempfile.mkdtemp(prefix="profile-bench-"))
    missed = []
    try:
        python, commands = tools(venv, options.runharness.resolve(), options.rate, scratch)
        commands = {name: command for name, command in commands.items()
                    if (not options.tool or name in options.tool) and works(name, command, scratch)}
        print(f"{platform.platform()}, {os.cpu_count()} CPUs, {platform.python_implementation()} "
              f"{platform.python_version()}, {options.rate} Hz, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}\n")
        for name, program in PROGRAMS.items():
            if options.only and name not in options.only:
                continue
            script = scratch / "program.py"
            script.write_text(HEAD + program + ("if __name__ == '__main__':\n" + TAIL.replace("\n", "\n    ")
                                                if "children" in name else TAIL))
            rows = compare([python], commands, script, scratch, options.rounds)
            print(f"| {name} | slowdown, median | lowest | highest | own CPU |\n|---|---|---|---|---|")
            for tool, row in rows.items():
                if not row["slowdown"]:
                    print(f"| {tool} | failed | | | |")
                    continue
                slowdown, cpu = statistics.median(row["slowdown"]), statistics.median(row["cpu"])
                print(f"| {tool} | {slowdown:.3f} | {min(row['slowdown']):.3f} | {max(row['slowdown']):.3f} | {cpu * 100:.1f} % |")
                if tool == "runharness" and (slowdown > MAX_SLOWDOWN or cpu > MAX_OWN_CPU):
                    missed.append(f"{name}: slowdown {slowdown:.3f}, own CPU {cpu * 100:.1f} %")
            print(flush=True)
        if not options.only or "start" in options.only:
            print("| start | added, median | lowest | highest |\n|---|---|---|---|")
            for tool, values in added_start([python], commands, scratch, options.rounds).items():
                print(f"| {tool} | {statistics.median(values):.1f} ms | {min(values):.1f} ms | {max(values):.1f} ms |")
                if tool == "runharness" and statistics.median(values) > MAX_START_MS:
                    missed.append(f"start: {statistics.median(values):.1f} ms")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for each in missed:
        print(f"target missed: {each}")
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
