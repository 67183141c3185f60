#!/usr/bin/env python3
"""Runs each sample with its ecosystem's own tool and compares the tool's printed totals with a report of runharness.

usage: native_figures.py RUN_DIR

Every sample is copied first, so that nothing of these runs lands in the source tree. Counts must be equal; coverage may
differ by 0.1 points, because the tools round and the report cuts.
"""

import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COVERAGE_TOLERANCE = 0.1
TIMEOUT_SECONDS = 300
# Variables that change what the tools print, or that make them report elsewhere.
FOREIGN_VARIABLES = ("RUNHARNESS", "PYTEST", "COVERAGE", "NODE_OPTIONS", "NODE_V8", "FORCE_COLOR", "GOFLAGS", "RUSTFLAGS", "CARGO_", "LLVM_")


class MissingTool(Exception):
    """The native tool is not there, so nothing can be compared."""


class Figures:
    """What a native tool printed: counts by name, and the coverage percentage."""

    def __init__(self, counts, percent):
        self.counts, self.percent = counts, percent


def environment(**extra):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_VARIABLES) and name != "CI"}
    kept.update(NO_COLOR="1", TERM="dumb", PYTHONDONTWRITEBYTECODE="1", **extra)
    return kept


def run(argv, folder, **extra):
    """Output (both streams) of a tool that must succeed: the samples are green."""
    done = subprocess.run([str(word) for word in argv], cwd=folder, env=environment(**extra), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


def only(pattern, text, what):
    found = re.findall(pattern, text, re.MULTILINE)
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} matches of {what} in the tool's output:\n{text[-3000:]}")
    return found[0]


def words_counted(text):
    """"8 passed | 1 skipped" -> {"passed": 8, "skipped": 1}."""
    return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", text)}


def need(tool):
    path = shutil.which(tool)
    if path is None:
        raise MissingTool(f"{tool} is not on PATH")
    return path


def npx(folder, *argv):
    if not (folder / "node_modules").is_dir():
        raise MissingTool(f"{folder.name}/node_modules is not installed")
    return run([need("npx"), "--no-install", *argv], folder)


def istanbul_lines(output):
    """% Lines of the row "All files" in the table of jest, vitest and c8."""
    row = only(r"^All files[^|]*\|(.*)$", output, "the row of all files")
    return float(row.split("|")[3])


def pytest_figures(folder, suite, _):
    python = suite["tool"]["path"]
    if subprocess.run([python, "-c", "import pytest, coverage"], capture_output=True, check=False).returncode != 0:
        raise MissingTool(f"{python} has not both pytest and coverage.py")
    output = run([python, "-m", "coverage", "run", "--source=src", "-m", "pytest", "-p", "no:cacheprovider"], folder)
    counts = words_counted(only(r"^=+ (.*) in [\d.]+s.* =+$", output, "pytest's last line"))
    total = only(r"^TOTAL\s.*?([\d.]+)%$", run([python, "-m", "coverage", "report", "--precision=2"], folder), "TOTAL")
    names = {"passed": "passed", "failed": "failed", "skipped": "skipped", "expected_failures": "xfailed",
             "unexpected_passes": "xpassed"}
    return Figures({ours: counts.get(theirs, 0) for ours, theirs in names.items()}, float(total))


def node_test_figures(folder, suite, _):
    output = run([suite["tool"]["path"] or need("node"), "--test", "--experimental-test-coverage", "--test-reporter=tap"], folder)
    counts = {name: int(number) for name, number in re.findall(r"^# (tests|pass|fail|cancelled|skipped|todo) (\d+)$", output, re.MULTILINE)}
    percent = only(r"^# all files\s*\|\s*([\d.]+)", output, "the row of all files")
    return Figures({"total": counts["tests"], "passed": counts["pass"], "failed": counts["fail"] + counts["cancelled"],
                    "skipped": counts["skipped"] + counts["todo"]}, float(percent))


def vitest_figures(folder, _, __):
    output = npx(folder, "vitest", "run", "--coverage")
    line, total = only(r"^\s*Tests  (.*) \((\d+)\)$", output, "the line of tests")
    counts = words_counted(line)
    return Figures({"total": int(total), "passed": counts.get("passed", 0), "failed": counts.get("failed", 0),
                    "skipped": counts.get("skipped", 0) + counts.get("todo", 0)}, istanbul_lines(output))


def jest_figures(folder, _, __):
    output = npx(folder, "jest", "--coverage")
    counts = words_counted(only(r"^Tests: +(.*)$", output, "the line of tests"))
    return Figures({"total": counts["total"], "passed": counts.get("passed", 0), "failed": counts.get("failed", 0),
                    "skipped": counts.get("skipped", 0) + counts.get("todo", 0)}, istanbul_lines(output))


def mocha_figures(folder, _, __):
    output = npx(folder, "c8", "mocha", "test/**/*.test.js")
    counts = words_counted("\n".join(re.findall(r"^  \d+ (?:passing|failing|pending)", output, re.MULTILINE)))
    return Figures({"passed": counts.get("passing", 0), "failed": counts.get("failing", 0), "skipped": counts.get("pending", 0)},
                   istanbul_lines(output))


def go_figures(folder, suite, scratch):
    """go prints a line for each test and no total: the lines of `go test -v` are counted, subtests like go does as tests."""
    go = suite["tool"]["path"] or need("go")
    profile = scratch / "cover.out"
    output = run([go, "test", "-v", "-count=1", "-cover", f"-coverprofile={profile}", "./..."], folder)
    verdicts = re.findall(r"^ *--- (PASS|FAIL|SKIP): ", output, re.MULTILINE)
    percent = only(r"^total:\s+\(statements\)\s+([\d.]+)%$", run([go, "tool", "cover", f"-func={profile}"], folder), "the total")
    return Figures({"total": len(verdicts), "passed": verdicts.count("PASS"), "failed": verdicts.count("FAIL"),
                    "skipped": verdicts.count("SKIP")}, float(percent))


def llvm_tool(name):
    root = run([need("rustc"), "--print", "sysroot"], ".").strip()
    found = glob.glob(f"{root}/lib/rustlib/*/bin/{name}")
    if not found:
        raise MissingTool(f"{name} of the Rust toolchain is not installed: rustup component add llvm-tools")
    return found[0]


def cargo_programs(cargo, folder, **instrumented):
    """Test programs, and the workspace's own executables that tests start."""
    programs = []
    for line in run([cargo, "test", "--tests", "--no-run", "--message-format=json", "--offline"], folder, **instrumented).splitlines():
        if line.startswith("{"):
            executable = json.loads(line).get("executable")
            programs += [executable] if executable else []
    return programs


def cargo_figures(folder, suite, scratch):
    cargo = suite["tool"]["path"] or need("cargo")
    output = run([cargo, "test", "--offline"], folder, CARGO_TARGET_DIR=str(scratch / "plain"))
    results = [words_counted(line) for line in re.findall(r"^test result: (.*)$", output, re.MULTILINE)]
    counts = {ours: sum(result[theirs] for result in results)
              for ours, theirs in (("passed", "passed"), ("failed", "failed"), ("skipped", "ignored"))}

    instrumented = {"CARGO_TARGET_DIR": str(scratch / "target"), "RUSTFLAGS": "-C instrument-coverage",
                    "LLVM_PROFILE_FILE": str(scratch / "raw-%p-%m.profraw")}
    programs = cargo_programs(cargo, folder, **{**instrumented, "LLVM_PROFILE_FILE": str(scratch / "build-%p.ignored")})
    run([cargo, "test", "--tests", "--offline"], folder, **instrumented)
    merged = scratch / "merged.profdata"
    run([llvm_tool("llvm-profdata"), "merge", "-sparse", "-o", merged, *sorted(scratch.glob("*.profraw"))], folder)
    objects = [word for program in programs[1:] for word in ("-object", program)]
    # What `cargo llvm-cov` leaves out as well.
    left_out = r"(/|^)(tests|examples|benches)/|/rustc/|/\.cargo/|/\.rustup/"
    table = run([llvm_tool("llvm-cov"), "report", f"-instr-profile={merged}", f"-ignore-filename-regex={left_out}", programs[0], *objects], folder)
    percents = re.findall(r"([\d.]+)%", only(r"^TOTAL\s.*$", table, "TOTAL"))
    return Figures(counts, float(percents[2]))  # regions, functions, lines


RUNNERS = {"pytest": pytest_figures, "node:test": node_test_figures, "vitest": vitest_figures, "jest": jest_figures,
           "mocha": mocha_figures, "go": go_figures, "cargo": cargo_figures}


def native_figures(sample, suite):
    with tempfile.TemporaryDirectory(prefix="rh-native-") as name:
        scratch = pathlib.Path(name).resolve()
        folder = scratch / sample.name
        shutil.copytree(sample, folder, symlinks=True,
                        ignore=shutil.ignore_patterns(".runharness", ".venv", "target", "coverage", "__pycache__", ".coverage"))
        return RUNNERS[suite["runner"]](folder, suite, scratch)


def differences(report, figures):
    found = [f"{name} is {report['counts'][name]}, the tool says {count}"
             for name, count in figures.counts.items() if report["counts"][name] != count]
    percent = report["coverage"]["percent"]
    if percent is None:
        found.append(f"coverage is not known ({report['coverage']['reason']}), the tool says {figures.percent} %")
    elif abs(percent - figures.percent) > COVERAGE_TOLERANCE:
        found.append(f"coverage is {percent} %, the tool says {figures.percent} %")
    return found


def compare_suite(suite_report, samples):
    suite = suite_report["suite"]
    if suite["runner"] not in RUNNERS:
        return [f"no native tool is known for {suite['runner']}"]
    try:
        figures = native_figures(samples / suite["root"], suite)
    except MissingTool as missing:
        print(f"{suite['id']}: not compared: {missing}")
        return [] if suite_report["status"] == "unavailable" else [f"cannot be compared: {missing}"]
    except (RuntimeError, subprocess.TimeoutExpired, OSError) as error:
        return [f"the native run failed: {error}"]
    counts = ", ".join(f"{count} {name}" for name, count in figures.counts.items() if count)
    print(f"{suite['id']}: native: {counts}; coverage {figures.percent} %; report: {suite_report['coverage']['percent']} %")
    return differences(suite_report, figures)


def compare(report, samples=None):
    """Problems, one text each; none means that all figures are the native tools' own."""
    samples = pathlib.Path(samples or report["run"]["repository_root"])
    return [f"{suite['suite']['id']}: {problem}" for suite in report["suites"] for problem in compare_suite(suite, samples)]


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads((pathlib.Path(sys.argv[1]) / "report.json").read_text(encoding="utf-8"))
    problems = compare(report)
    for problem in problems:
        print(f"native_figures: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
