#!/usr/bin/env python3
"""The patch gate beside diff-cover, on a repository that is made for it: 5,000 Python files of 400 lines, a change of
which git's diff has about 12 MB, and coverage of all of it as LCOV and as Cobertura XML.

    tests/bench/patch_bench.py [--runharness PATH] [--diff-cover PATH] [--rounds N] [--check] [--keep FOLDER]

Both programs are run in turns. Time is wall time of the whole process tree, git included; memory is the greatest sum of
the resident sets of that tree, by a sampler, and the high-water mark that the kernel keeps of its largest process.
diff-cover is installed below build/bench/coverage (peers.py), unless --diff-cover names one.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import peers

REPOSITORY = Path(__file__).resolve().parents[2]
FILES, LINES, CHANGED_OF_LINES = 5000, 400, 0.036
MAX_SECONDS, MAX_MIB = 1.0, 150.0


def git(folder, *arguments, capture=False):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "bench",
                   "GIT_AUTHOR_EMAIL": "bench@example.com", "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.com"}
    done = subprocess.run(["git", "-c", "core.fsync=none", "-c", "gc.auto=0", "-C", str(folder), *arguments], env=environment, check=True,
                          stdout=subprocess.PIPE if capture else subprocess.DEVNULL)
    return done.stdout if capture else b""


def source(name, seed, changed=frozenset(), version=0):
    numbers = random.Random(seed)
    lines = []
    for line in range(1, LINES + 1):
        salt = numbers.randrange(10**9)
        if line in changed:
            salt += version
        lines.append(f"    {name}_{line} = compute_value_of({salt}, {line})\n" if line % 20 != 1 else f"def {name}_{line}():  # {salt}\n")
    return "".join(lines)


def path_of(number):
    return f"src/package_{number // 100:02}/module_{number:04}.py"


def make_repository(folder):
    git(folder, "init", "-q", "-b", "main")
    for version in (0, 1):
        for number in range(FILES):
            numbers = random.Random(number + 7)
            changed = frozenset(line for line in range(2, LINES + 1) if numbers.random() < CHANGED_OF_LINES)
            file = folder / path_of(number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source(f"value{number}", number, changed, version))
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"version {version}")
        if version == 0:
            git(folder, "branch", "base")
    git(folder, "gc", "-q")


def make_coverage(folder, target):
    """The same hits in both formats: every line but each twentieth, of which nine in ten were reached."""
    with open(target / "coverage.info", "w") as lcov, open(target / "coverage.xml", "w") as xml:
        xml.write(f'<?xml version="1.0" ?>\n<coverage line-rate="0.9" branch-rate="0" version="7" timestamp="1">\n<sources><source>{folder}</source></sources>\n<packages><package name="."><classes>\n')
        lcov.write("TN:\n")
        for number in range(FILES):
            numbers = random.Random(number + 99)
            path = path_of(number)
            lcov.write(f"SF:{path}\n")
            xml.write(f'<class name="{path}" filename="{path}" line-rate="0.9"><methods/><lines>\n')
            for line in range(1, LINES + 1):
                if line % 20 == 0:
                    continue
                hits = 1 if numbers.random() < 0.9 else 0
                lcov.write(f"DA:{line},{hits}\n")
                xml.write(f'<line number="{line}" hits="{hits}"/>\n')
            lcov.write("end_of_record\n")
            xml.write("</lines></class>\n")
        xml.write("</classes></package></packages>\n</coverage>\n")


class TreeMemory(threading.Thread):
    """Greatest sum of the resident sets of a process and its descendants, looked at every 5 ms."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.ended = pid, 0, threading.Event()

    def run(self):
        page = os.sysconf("SC_PAGE_SIZE")
        while not self.ended.wait(0.005):
            total, pending = 0, [self.pid]
            while pending:
                pid = pending.pop()
                try:
                    total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
                    for task in os.listdir(f"/proc/{pid}/task"):
                        pending += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
                except (OSError, ValueError, IndexError):
                    continue
            self.peak = max(self.peak, total)


def measure(argv, cwd):
    begin = time.perf_counter()
    process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    memory = TreeMemory(process.pid)
    memory.start()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    memory.ended.set()
    memory.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "tree_mib": memory.peak / 2**20, "largest_mib": usage.ru_maxrss / 1024,
            "code": process.returncode, "output": output}


def candidates(options, folder, coverage):
    runharness = Path(options.runharness).resolve()
    rows = {}
    if runharness.exists():
        rows["runharness gate (LCOV)"] = [str(runharness), "gate", str(coverage / "coverage.info"), "--base", "base", "--min-patch-coverage", "80"]
        rows["runharness gate (Cobertura)"] = [str(runharness), "gate", str(coverage / "coverage.xml"), "--base", "base", "--min-patch-coverage", "80"]
    else:
        print(f"not measured: {runharness} is not built")
    diff_cover = options.diff_cover or str(peers.python_tools(["diff-cover"]) / "diff-cover")
    if Path(diff_cover).exists():
        rows["diff-cover (Cobertura)"] = [diff_cover, str(coverage / "coverage.xml"), "--compare-branch", "base"]
    else:
        print("not measured: diff-cover does not install here (--diff-cover PATH)")
    rows["git diff alone"] = ["sh", "-c", "git diff-tree -r -p -U0 base HEAD | cat > /dev/null"]
    return rows


def report(results, options):
    medians = {}
    print(f"\n{'':32} {'wall s':>8} {'cpu s':>8} {'tree MiB':>9} {'largest MiB':>12}  exit")
    for name, runs in results.items():
        median = {key: statistics.median(run[key] for run in runs) for key in ("seconds", "cpu", "tree_mib", "largest_mib")}
        medians[name] = median
        print(f"{name:32} {median['seconds']:8.2f} {median['cpu']:8.2f} {median['tree_mib']:9.0f} {median['largest_mib']:12.0f}  {runs[-1]['code']}")
    ours, peer = medians.get("runharness gate (Cobertura)"), medians.get("diff-cover (Cobertura)")
    if ours and peer:
        print(f"\ndiff-cover / runharness, same input: {peer['seconds'] / ours['seconds']:.1f} x the time, "
              f"{peer['tree_mib'] / ours['tree_mib']:.1f} x the memory")
    missed = False
    if target := medians.get("runharness gate (LCOV)"):
        for what, value, limit in (("wall s", target["seconds"], MAX_SECONDS), ("tree MiB", target["tree_mib"], MAX_MIB)):
            missed |= value > limit
            print(f"target: {what} <= {limit:g}: {'met' if value <= limit else 'MISSED'} ({value:.2f})")
    if options.json:
        Path(options.json).write_text(json.dumps(medians, indent=2) + "\n")
    return 1 if options.check and missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runharness", default=str(REPOSITORY / "build/release/runharness"))
    parser.add_argument("--diff-cover", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="exit code 1 when a target is missed")
    parser.add_argument("--keep", default="", help="make the repository in this folder and leave it there; used again when it exists")
    parser.add_argument("--json", default="", help="write the medians to this file")
    options = parser.parse_args()

    place = Path(options.keep or tempfile.mkdtemp(prefix="rh-patch-bench-"))
    folder, coverage = place / "repository", place / "coverage"
    try:
        if not (coverage / "coverage.xml").exists():
            folder.mkdir(parents=True, exist_ok=True)
            coverage.mkdir(exist_ok=True)
            make_repository(folder)
            make_coverage(folder, coverage)
        diff = git(folder, "diff", "-U0", "base...HEAD", capture=True)
        sizes = ", ".join(f"{file.name} {file.stat().st_size / 1e6:.0f} MB" for file in sorted(coverage.iterdir()))
        print(f"{FILES} files x {LINES} lines, diff of {len(diff) / 1e6:.1f} MB with {diff.count(bytes(chr(10) + '@@ ', 'ascii'))} hunks, {sizes}")
        rows = candidates(options, folder, coverage)
        results = {name: [] for name in rows}
        for _ in range(options.rounds):
            for name, argv in rows.items():
                results[name].append(measure(argv, folder))
        for name, runs in results.items():
            print(f"\n{name}:\n" + "\n".join("  " + line for line in runs[-1]["output"].splitlines()[-4:]))
        return report(results, options)
    finally:
        if not options.keep:
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
