#!/usr/bin/env python3
"""Joining and reporting coverage beside the tools that people use for it, on inputs that are made here:

  lcov    two LCOV tracefiles of 58 MB, joined into one        grcov, lcov when it is installed
  gcovr   two gcovr JSON files of 98 MB, joined into one       gcovr
  python  Cobertura XML of 2,000 files from one .coverage      coverage xml, with and without branches

    tests/bench/coverage_bench.py [lcov|gcovr|python ...] [--rounds N] [--check] [--grcov PATH]

What is compared runs in turns, and what counts is the ratio of the medians; a peer that takes half a minute runs once. Every output is counted: lines and branches, found
and hit, beside what the inputs hold by construction. Peers are installed below build/bench/coverage; see peers.py.
"""
import argparse
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import peers
from patch_bench import REPOSITORY, measure

LCOV_FILES, LCOV_LINES = 3460, 1000
GCOVR_FILES, GCOVR_LINES = 815, 800
PYTHON_FILES, PYTHON_FUNCTIONS = 2000, 12
SLOW_SECONDS = 30  # a peer that takes longer is run once


class Expected:
    """What is right: a line or branch was hit when it was in any of the files."""

    def __init__(self):
        self.lines, self.branches = {}, {}

    def line(self, key, hits):
        self.lines[key] = self.lines.get(key, False) or hits > 0

    def branch(self, key, taken):
        self.branches[key] = self.branches.get(key, False) or taken > 0

    def figures(self):
        return (len(self.lines), sum(self.lines.values()), len(self.branches), sum(self.branches.values()))


def make_lcov(target, expected, scale):
    for shard in (1, 2):
        numbers = random.Random(shard)
        with open(target / f"{shard}.info", "w") as out:
            out.write("TN:\n")
            for file in range(int(LCOV_FILES * scale)):
                rows = [f"SF:src/package_{file // 50}/module_{file}.c"]
                for function in range(0, LCOV_LINES, 50):
                    rows += [f"FN:{function + 1},function_{file}_{function}", f"FNDA:{numbers.randrange(3)},function_{file}_{function}"]
                for line in range(1, LCOV_LINES + 1):
                    if line % 5 == 0:  # an if: not evaluated, or one of its sides
                        hits = numbers.choice((0, 0, 7, 123))
                        for branch in (0, 1):
                            taken = numbers.choice((0, hits)) if hits else 0
                            rows.append(f"BRDA:{line},0,{branch},{taken if hits else '-'}")
                            expected.branch((file, line, branch), taken)
                    else:
                        hits = numbers.choice((0, 1, 1, 2, 4711))
                    rows.append(f"DA:{line},{hits}")
                    expected.line((file, line), hits)
                out.write("\n".join(rows) + "\nend_of_record\n")


def count_lcov(path):
    lines, branches, file = {}, {}, ""
    with open(path) as text:
        for row in text:
            if row.startswith("SF:"):
                file = row
            elif row.startswith("DA:"):
                number, hits = row[3:].split(",")[:2]
                lines[file, number] = lines.get((file, number), False) or int(hits) > 0
            elif row.startswith("BRDA:"):
                *key, taken = row[5:].rstrip("\n").split(",")
                key = (file, *key)
                branches[key] = branches.get(key, False) or taken not in ("-", "0")
    return len(lines), sum(lines.values()), len(branches), sum(branches.values())


def make_gcovr(target, expected, version, scale):
    for shard in (1, 2):
        numbers, files = random.Random(shard), []
        for file in range(int(GCOVR_FILES * scale)):
            lines = []
            for line in range(1, GCOVR_LINES + 1):
                hits = numbers.choice((0, 1, 1, 2, 4711))
                branches = []
                if line % 5 == 0:
                    for branch in (0, 1):
                        taken = numbers.choice((0, hits))
                        branches.append({"branchno": branch, "count": taken, "fallthrough": branch == 0, "throw": False,
                                         "source_block_id": line, "destination_block_id": line + branch + 1})
                        expected.branch((file, line, branch), taken)
                lines.append({"branches": branches, "count": hits, "line_number": line, "function_name": f"function_{file}_{line // 50}",
                              "block_ids": [line]})
                expected.line((file, line), hits)
            files.append({"file": f"src/package_{file // 50}/module_{file}.c", "lines": lines, "functions": []})
        (target / f"{shard}.json").write_text(json.dumps({"gcovr/format_version": version, "files": files}))


def count_joined(path):
    """An LCOV tracefile or gcovr JSON."""
    if path.suffix != ".json":
        return count_lcov(path)
    lines, branches = {}, {}
    for file in json.loads(path.read_text())["files"]:
        for line in file["lines"]:
            key = (file["file"], line["line_number"])
            lines[key] = lines.get(key, False) or line["count"] > 0
            for number, branch in enumerate(line["branches"]):
                branches[*key, number] = branches.get((*key, number), False) or branch["count"] > 0
    return len(lines), sum(lines.values()), len(branches), sum(branches.values())


def make_python(target, programs, branch, files):
    """A real .coverage: coverage.py measures a program that imports 2,000 modules and calls some of what they have."""
    package = target / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    for file in range(files):
        rows = ['"""A module."""', "import os", ""]
        for function in range(PYTHON_FUNCTIONS):
            rows += [f"def function_{function}(value, other=None):", '    """Computes."""', "    total = 0", "    for index in range(value):",
                     "        if index % 2 == 0 and other is None:", "            total += index", "        else:", "            total -= 1",
                     "    return total", "", ""]
        (package / f"module_{file}.py").write_text("\n".join(rows))
    (target / "program.py").write_text(
        "import importlib\n"
        f"for file in range({files}):\n"
        "    module = importlib.import_module(f'package.module_{file}')\n"
        f"    for function in range(file % {PYTHON_FUNCTIONS}):\n"
        "        getattr(module, f'function_{function}')(file % 3)\n")
    command = [programs / "coverage", "run", "--source=package", *(["--branch"] if branch else []), "program.py"]
    subprocess.run(command, cwd=target, check=True)


def count_cobertura(path):
    text = re.sub(r"<methods>.*?</methods>", "", path.read_text(), flags=re.S)  # the same lines once more
    lines = [(line, 'hits="0"' not in line) for line in re.findall(r"<line [^>]*>", text)]
    sides = re.findall(r'condition-coverage="[^"]*\((\d+)/(\d+)\)"', text)
    return len(lines), sum(hit for _, hit in lines), sum(int(found) for _, found in sides), sum(int(hit) for hit, _ in sides)


def run(title, rows, folder, count, expected, options):
    """rows: name -> (argv, output). Returns the medians by name."""
    print(f"\n{title}")
    rows = {name: row for name, row in rows.items() if name not in options.skip}
    results = {name: [] for name in rows}
    for _ in range(options.rounds):
        for name, (argv, output) in rows.items():
            if results[name] and results[name][-1]["seconds"] > SLOW_SECONDS:
                continue
            output.unlink(missing_ok=True)
            results[name].append(measure([str(part) for part in argv], folder))
    print(f"{'':24} {'wall s':>8} {'cpu s':>8} {'tree MiB':>9}  exit  lines hit/found, branches hit/found")
    medians = {}
    for name, runs in results.items():
        median = {key: statistics.median(each[key] for each in runs) for key in ("seconds", "cpu", "tree_mib")}
        medians[name] = median
        output = rows[name][1]
        if not output.exists():
            print(f"{name:24} wrote nothing: {runs[-1]['output'][-300:]}")
            medians.pop(name)
            continue
        found = count(output)
        verdict = "" if expected is None else "  right" if found == expected else "  WRONG"
        print(f"{name:24} {median['seconds']:8.2f} {median['cpu']:8.2f} {median['tree_mib']:9.0f}  {runs[-1]['code']:4}  "
              f"{found[1]}/{found[0]}, {found[3]}/{found[2]}{verdict}")
    if "runharness" not in medians:
        sys.exit("runharness wrote no report: is it built?")
    if expected is not None:
        print(f"{'by construction':51}  {expected[1]}/{expected[0]}, {expected[3]}/{expected[2]}")
    for name in list(medians)[1:]:
        print(f"{name} / runharness: {medians[name]['seconds'] / medians['runharness']['seconds']:.1f} x the time, "
              f"{medians[name]['tree_mib'] / medians['runharness']['tree_mib']:.1f} x the memory")
    return medians


def judge(what, value, limit, at_least, unit):
    met = value >= limit if at_least else value <= limit
    print(f"target: {what} {'>=' if at_least else '<='} {limit:g} {unit}: {'met' if met else 'MISSED'} ({value:.2f})")
    return met


def bench_lcov(options, place):
    expected = Expected()
    make_lcov(place, expected, options.scale)
    inputs = [place / "1.info", place / "2.info"]
    rows = {"runharness": ([options.runharness, "merge", "-q", *inputs, "--report", f"lcov={place / 'ours.info'}"], place / "ours.info")}
    grcov = options.grcov or peers.cargo_tool("grcov")
    if grcov:
        rows["grcov"] = ([grcov, *inputs, "-t", "lcov", "--branch", "-o", place / "grcov.info"], place / "grcov.info")
    if shutil.which("lcov"):
        rows["lcov"] = (["lcov", "-q", "--rc", "branch_coverage=1", "--rc", "lcov_branch_coverage=1", "-a", inputs[0], "-a", inputs[1], "-o",
                         place / "lcov.info"], place / "lcov.info")
    size = " + ".join(f"{each.stat().st_size / 1e6:.1f} MB" for each in inputs)
    medians = run(f"LCOV merge, {size}", rows, place, count_lcov, expected.figures(), options)
    return "grcov" not in medians or judge("grcov / runharness, wall", medians["grcov"]["seconds"] / medians["runharness"]["seconds"], 2, True, "x")


def bench_gcovr(options, place):
    gcovr = peers.python_tools(["gcovr"]) / "gcovr"
    version = "0.15"
    if gcovr.exists():  # it reads no version but its own
        empty = place / "empty"
        empty.mkdir()
        said = subprocess.run([gcovr, "--json", "-"], cwd=empty, capture_output=True, text=True, check=False).stdout
        version = json.loads(said or "{}").get("gcovr/format_version", version)
    expected = Expected()
    make_gcovr(place, expected, version, options.scale)
    inputs = [place / "1.json", place / "2.json"]
    rows = {"runharness": ([options.runharness, "merge", "-q", *inputs, "--report", f"lcov={place / 'ours.info'}"], place / "ours.info")}
    if gcovr.exists():
        rows["gcovr"] = ([gcovr, "-a", inputs[0], "-a", inputs[1], "--json", place / "gcovr.json"], place / "gcovr.json")
    size = " + ".join(f"{each.stat().st_size / 1e6:.1f} MB" for each in inputs)
    medians = run(f"gcovr JSON merge, {size}", rows, place, count_joined, expected.figures(), options)
    return judge("wall of runharness", medians["runharness"]["seconds"], 2, False, "s")


def bench_python(options, place):
    programs = peers.python_tools(["coverage"])
    if not (programs / "coverage").exists():
        print("not measured: coverage.py does not install here, and nothing else makes its data")
        return True
    met, files = True, int(PYTHON_FILES * options.scale)
    for branch in (False, True):
        folder = place / ("branches" if branch else "lines")
        folder.mkdir()
        make_python(folder, programs, branch, files)
        rows = {"runharness": ([options.runharness, "merge", "-q", ".coverage", "--report", f"cobertura={folder / 'ours.xml'}"], folder / "ours.xml"),
                "coverage xml": ([programs / "coverage", "xml", "-q", "-o", folder / "peer.xml"], folder / "peer.xml")}
        medians = run(f"Cobertura XML of {files} Python files from one .coverage ({(folder / '.coverage').stat().st_size / 1e6:.1f} MB, "
                      f"{'lines and branches' if branch else 'lines'})", rows, folder, count_cobertura, None, options)
        if "coverage xml" in medians:
            met &= judge("coverage xml / runharness, wall", medians["coverage xml"]["seconds"] / medians["runharness"]["seconds"], 20, True, "x")
    return met


BENCHES = {"lcov": bench_lcov, "gcovr": bench_gcovr, "python": bench_python}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=[*BENCHES, []], help="all when none is named")
    parser.add_argument("--runharness", type=Path, default=REPOSITORY / "build/release/runharness")
    parser.add_argument("--grcov", type=Path, help="use this one instead of installing it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip", action="append", default=[], metavar="PEER", help="leave a peer out; repeatable")
    parser.add_argument("--scale", type=float, default=1, help="share of the input's files, for a quick look")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a target is missed")
    options = parser.parse_args()
    options.runharness = options.runharness.resolve()
    met = True
    for name in options.which or BENCHES:
        with tempfile.TemporaryDirectory(prefix=f"rh-coverage-bench-{name}-") as folder:
            met &= BENCHES[name](options, Path(folder))
    return 1 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
