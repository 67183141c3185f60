#!/usr/bin/env python3
"""What `runharness test` costs beside the tools that it runs. Projects are generated in a temporary folder; wall times
are compared by pairs (A B A B ...), because the load of a machine changes more between minutes than between seconds.

  wall   2,000 trivial pytest tests, against `python -m pytest --junitxml` of the same interpreter
  own    CPU time of the runner process itself while suites sleep or burn
  start  from the start of the process to its first step, on a copy of samples/

The exit code is 0 whatever the figures say; with --check it is 1 when a target is missed.
"""
import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}

MAX_WALL_RATIO = 1.15
MAX_OWN_CORE = 0.01
MAX_START_MS = 100.0


class Targets:
    def __init__(self):
        self.missed = []

    def judge(self, name, value, limit, unit=""):
        met = value <= limit
        if not met:
            self.missed.append(name)
        print(f"  target: {name} <= {limit:g}{unit}: {'met' if met else 'MISSED'} ({value:.3g}{unit})\n", flush=True)


def spread(values, unit="", digits=3):
    return (f"min {min(values):.{digits}f}{unit}  median {statistics.median(values):.{digits}f}{unit}  "
            f"max {max(values):.{digits}f}{unit}")


def output_of(argv, cwd=None):
    return subprocess.run(argv, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


def events_of(run_folder):
    """Lines of an event log that may still be growing."""
    try:
        text = (run_folder / "events.jsonl").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def first_event(run_folder, name):
    return next((event for event in events_of(run_folder) if event["event"] == name), None)


# --- machine and versions -------------------------------------------------------------------------

def describe_machine(runharness, python):
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    print(f"machine:    {model}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}, "
          f"load {os.getloadavg()[0]:.2f}")
    print(f"runharness: {output_of([runharness, '--version'])} ({runharness})")
    print(f"python:     {output_of([python, '-c', 'import platform; print(platform.python_version())'])} ({python}), "
          f"pytest {output_of([python, '-c', 'import pytest; print(pytest.__version__)'])}\n", flush=True)


def interpreter_of(runharness, project):
    """The one that runharness itself chooses for this project."""
    plan = json.loads(output_of([runharness, "test", "--plan", "--json"], project))
    suites = plan if isinstance(plan, list) else plan["suites"]
    return suites[0]["tool"]["path"]


# --- wall time --------------------------------------------------------------------------------------

def write_trivial_tests(project, count):
    files = max(1, count // 100)
    for number in range(files):
        tests = range(number * count // files, (number + 1) * count // files)
        body = "".join(f"def test_{i:05}():\n    assert {i} + 1 == {i + 1}\n\n\n" for i in tests)
        (project / f"test_part_{number:03}.py").write_text(body)
    (project / "pytest.ini").write_text("[pytest]\n")


def timed(argv, cwd):
    """(seconds of wall, seconds of CPU of the whole tree)"""
    begin = time.monotonic()
    process = subprocess.Popen(argv, cwd=cwd, **QUIET)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"exit code {process.returncode} of {' '.join(argv)}")
    return seconds, usage.ru_utime + usage.ru_stime


def bench_wall(options, python, project, targets):
    print(f"wall: {options.tests} trivial pytest tests, {options.pairs} pairs after one warming run of each")
    ours = [options.runharness, "test", "--no-coverage"]
    plain = [python, "-m", "pytest", f"--junitxml={project.parent / 'junit.xml'}"]
    for argv in (ours, plain):
        timed(argv, project)
    pairs = []
    for number in range(options.pairs):
        a, b = timed(ours, project), timed(plain, project)
        pairs.append((a, b))
        print(f"  pair {number + 1:2}: runharness {a[0]:.3f} s, pytest {b[0]:.3f} s: wall ratio {a[0] / b[0]:.3f}, "
              f"CPU ratio {a[1] / b[1]:.3f}", flush=True)
    ratios = [a[0] / b[0] for a, b in pairs]
    print(f"  runharness wall:  {spread([a[0] for a, _ in pairs], ' s')}")
    print(f"  pytest wall:      {spread([b[0] for _, b in pairs], ' s')}")
    print(f"  wall ratio:       {spread(ratios)}")
    print(f"  CPU ratio:        {spread([a[1] / b[1] for a, b in pairs])}")
    targets.judge("median wall ratio", statistics.median(ratios), MAX_WALL_RATIO)


# --- the runner's own CPU time ----------------------------------------------------------------------

OWN_SUITES = {
    "one process that sleeps": "import time\ndef test_it():\n    time.sleep(SECONDS)\n",
    "one process that burns": "import time\ndef test_it():\n    end = time.monotonic() + SECONDS\n"
                              "    while time.monotonic() < end: pass\n",
    "eight processes that sleep": "import subprocess, sys\ndef test_it():\n"
                                  "    code = 'import time; time.sleep(SECONDS)'\n"
                                  "    for child in [subprocess.Popen([sys.executable, '-c', code]) for _ in range(8)]:\n"
                                  "        child.wait()\n",
}


def process_cpu_ns(pid):
    """All threads of another process, in nanoseconds: its CPU clock, MAKE_PROCESS_CPUCLOCK of the kernel."""
    return time.clock_gettime_ns(((~pid) << 3) | 2)


def own_share(options, project):
    """Share of one core that the runner process used while its suite ran; its children are not in it."""
    out = project / "out"
    process = subprocess.Popen([options.runharness, "test", "--no-coverage", "--out", str(out)], cwd=project, **QUIET)
    try:
        while first_event(out, "test_started") is None:
            if process.poll() is not None:
                raise SystemExit(f"the suite in {project} ended with {process.returncode} before its test began")
            time.sleep(0.02)
        begin, begin_cpu = time.monotonic_ns(), process_cpu_ns(process.pid)
        time.sleep(options.seconds - 1)
        end_cpu, end = process_cpu_ns(process.pid), time.monotonic_ns()
        if first_event(out, "test_finished") is not None:
            raise SystemExit(f"the test in {project} ended before the measurement did")
        return (end_cpu - begin_cpu) / (end - begin)
    finally:
        process.wait()


def bench_own(options, folder, targets):
    print(f"own: CPU time of the runner process, {options.seconds - 1} s of a running test, default sampling (50 ms)")
    shares = {}
    for number, (name, source) in enumerate(OWN_SUITES.items()):
        project = folder / f"own{number}"
        project.mkdir()
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "test_it.py").write_text(source.replace("SECONDS", str(options.seconds)))
        shares[name] = own_share(options, project)
        print(f"  {name}: {100 * shares[name]:.3f} % of a core", flush=True)
    targets.judge("own share of a core", 100 * max(shares.values()), 100 * MAX_OWN_CORE, " %")


# --- start ------------------------------------------------------------------------------------------

def start_times(options, project, out):
    """Milliseconds from the fork to the first step, and from the run's own start to it."""
    begin = time.monotonic_ns()
    process = subprocess.Popen([options.runharness, "test", "--out", str(out)], cwd=project, **QUIET)
    try:
        step = None
        while step is None and process.poll() is None:
            time.sleep(0.02)
            step = first_event(out, "step_started")
        if step is None:
            raise SystemExit("no step was started in the samples")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    run = first_event(out, "run_started")["run"]
    return (step["at_ns"] - begin) / 1e6, (step["at_ns"] - run["started_ns"]) / 1e6


def bench_start(options, folder, targets):
    print(f"start: to the first step_started on a copy of samples/, {options.pairs} runs after one warming run")
    project = folder / "samples"
    ignored = shutil.ignore_patterns("node_modules", "target", ".venv", ".runharness", ".pytest_cache", "__pycache__")
    shutil.copytree(REPOSITORY / "samples", project, ignore=ignored, symlinks=True)
    times = [start_times(options, project, folder / f"start{number}") for number in range(options.pairs + 1)][1:]
    print(f"  from the fork of the process: {spread([each[0] for each in times], ' ms', 1)}")
    print(f"  from the start of the run:    {spread([each[1] for each in times], ' ms', 1)}")
    targets.judge("median start", statistics.median([each[0] for each in times]), MAX_START_MS, " ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runharness", required=True, type=os.path.abspath)
    parser.add_argument("--only", choices=["wall", "own", "start"])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--tests", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=6, help="length of the suites whose runner is measured")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    options = parser.parse_args()
    targets = Targets()
    with tempfile.TemporaryDirectory(prefix="runharness-bench-") as name:
        folder = Path(name)
        project = folder / "trivial"
        project.mkdir()
        write_trivial_tests(project, options.tests)
        python = interpreter_of(options.runharness, project)
        describe_machine(options.runharness, python)
        if options.only in (None, "wall"):
            bench_wall(options, python, project, targets)
        if options.only in (None, "own"):
            bench_own(options, folder, targets)
        if options.only in (None, "start"):
            bench_start(options, folder, targets)
    return 1 if options.check and targets.missed else 0


if __name__ == "__main__":
    sys.exit(main())
