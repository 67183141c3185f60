#!/usr/bin/env python3
"""Makes docs/agents/coverage.md from what the row tests showed: row number -> behaviour -> test -> result. Fails when a row has no
test, when one did not pass, or when the page differs (RUNHARNESS_APPROVE=1 rewrites it)."""

import difflib
import json
import os
import pathlib
import re
import sys

ROWS = 196
HEAD = """# What agents can rely on, row by row

Made by the test run (`tests/agents/coverage_table.py`): each row is one behaviour of code execution for agents, with the tests that
show it on the command line and over MCP. `./dev test` fails when this page and the tests differ.

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
    lines, problems = [], []
    for row in range(1, ROWS + 1):
        shown = by_row.get(row, [])
        results_of_row = {test["result"] for test in shown}
        verdict = "passed" if results_of_row == {"passed"} else "failed" if "failed" in results_of_row else \
            "skipped" if "skipped" in results_of_row else "no test"
        if verdict != "passed":
            problems.append(f"row {row}: {verdict} {' '.join(test['test'] + ' ' + test['reason'] for test in shown if test['result'] != 'passed')}")
        behaviour = next((test["behaviour"] for test in shown if test["behaviour"]), "")
        names = "<br>".join(f"`{test['test']}`" for test in shown)
        lines.append(f"| {row} | {behaviour.replace('|', chr(92) + '|')} | {names} | {verdict} |")
    unknown = sorted(set(by_row) - set(range(1, ROWS + 1)))
    if unknown:
        problems.append(f"rows that do not exist: {unknown}")
    text = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("RUNHARNESS_APPROVE"):
        page.write_text(text)
    old = page.read_text() if page.exists() else ""
    if old != text:
        problems.append(f"{page} differs from what the tests showed (RUNHARNESS_APPROVE=1 rewrites it):\n" +
                        "\n".join(list(difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm="", n=0))[:20]))
    print(f"{sum(1 for row in range(1, ROWS + 1) if by_row.get(row))} of {ROWS} rows have a test")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
