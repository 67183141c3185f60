#!/usr/bin/env python3
"""Makes docs/agents/coverage.md from what the row tests showed: row number -> behaviour -> test -> result. Fails when a row has no
test, when one failed, or when the page differs (RUNHARNESS_APPROVE=1 rewrites it). Where a referee is missing (prepare.py), the rows
that were skipped are named, are not compared with the page, and the whole counts as skipped."""

import difflib
import json
import os
import pathlib
import re
import sys

import referees

ROWS = 196
HEAD = """# What agents can rely on, row by row

Made by the test run (`tests/agents/coverage_table.py`): each row is one behaviour of code execution for agents, with the tests that
show it, on the command line and over MCP where both make sense. `./dev test` fails when this page and the tests differ.

| row | behaviour | test | result |
|---|---|---|---|
"""


def rows_of(name):
    """test_row_016_035_csv -> [16, 35]"""
    found = re.search(r"test_row((?:_\d{3})+)", name)
    return [int(number) for number in found.group(1).strip("_").split("_")] if found else []


def main():
    results, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    tests = [test for file in sorted(results.glob("*.json")) for test in json.loads(file.read_text())]
    by_row = {}
    for test in tests:
        for row in rows_of(test["test"]):
            by_row.setdefault(row, []).append(test)
    lines, problems, skipped = [], [], []
    old = page.read_text() if page.exists() else ""
    approved = {line.split(" | ")[0]: line for line in old.splitlines() if line.startswith("| ")}
    for row in range(1, ROWS + 1):
        shown = by_row.get(row, [])
        results_of_row = {test["result"] for test in shown}
        verdict = "passed" if results_of_row == {"passed"} else "failed" if "failed" in results_of_row else \
            "skipped" if "skipped" in results_of_row else "no test"
        if verdict != "passed":
            others = [f"{test['test']} {test['reason']}" for test in shown if test["result"] != "passed"]
            (skipped if verdict == "skipped" else problems).append(f"row {row}: {verdict} {' '.join(others)}")
        # A test of this row alone says what the row is about; one of several rows says what joins them.
        own = sorted(shown, key=lambda test: (len(rows_of(test["test"])), rows_of(test["test"]).index(row)))
        behaviour = next((test["behaviour"] for test in own if test["behaviour"]), "")
        names = "<br>".join(f"`{test['test']}`" for test in shown)
        line = f"| {row} | {behaviour.replace('|', chr(92) + '|')} | {names} | {verdict} |"
        lines.append(approved.get(f"| {row}", line) if verdict == "skipped" else line)
    unknown = sorted(set(by_row) - set(range(1, ROWS + 1)))
    if unknown:
        problems.append(f"rows that do not exist: {unknown}")
    text = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("RUNHARNESS_APPROVE"):
        page.write_text(text)
        old = text
    if old != text:
        problems.append(f"{page} differs from what the tests showed (RUNHARNESS_APPROVE=1 rewrites it):\n" +
                        "\n".join(list(difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm="", n=0))[:20]))
    print(f"{sum(1 for row in range(1, ROWS + 1) if by_row.get(row))} of {ROWS} rows have a test")
    for problem in [*problems, *skipped]:
        print(problem)
    return 1 if problems else referees.SKIPPED if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
