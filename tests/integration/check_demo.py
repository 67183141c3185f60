#!/usr/bin/env python3
"""Checks the reports of `./dev demo`: all suites of samples/ ran, every figure is there with its source, the formats agree
with one another, and counts and coverage are those that the native tools print.

usage: check_demo.py RUN_DIR
"""

import base64
import gzip
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import native_figures

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = REPOSITORY / "docs/formats/report.schema.json"
SAMPLES = REPOSITORY / "samples"
RUNNERS = {"cargo": "cargo", "go": "go", "jest": "jest", "mocha": "mocha", "node-test": "node:test", "pytest": "pytest", "vitest": "vitest"}
SAMPLED_FROM_NS = 200_000_000  # a suite of that length must have a time series
SHOWN_PROBLEMS = 40
NOT_RUN = ("skipped", "not_run")

problems = []


def expect(condition, message):
    if not condition:
        problems.append(message)
    return bool(condition)


# report.json ---------------------------------------------------------------------------------------------------------

VALIDATE = """
import json, sys, jsonschema
schema, document = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
for error in sorted(jsonschema.Draft202012Validator(schema).iter_errors(document), key=str):
    print("/".join(map(str, error.absolute_path)) + ": " + error.message[:300])
"""


def check_schema(file):
    """Debian's package serves only Debian's own interpreter."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import jsonschema"], capture_output=True, check=False).returncode == 0:
            done = subprocess.run([python, "-c", VALIDATE, str(SCHEMA), str(file)], capture_output=True, text=True, check=False)
            expect(done.returncode == 0, f"the schema check itself failed: {done.stderr.strip()}")
            for line in done.stdout.splitlines():
                problems.append(f"report.json does not match its schema at {line}")
            return
    print("NOTE: python3-jsonschema is not installed: only members, types and enumerations are checked", file=sys.stderr)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    problems.extend(f"report.json does not match its schema at {line}"
                    for line in schema_errors(schema, schema, json.loads(file.read_text(encoding="utf-8")), ""))


TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


def has_type(value, name):
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def schema_errors(root, schema, value, place):
    """The part of JSON schema that report.schema.json is mostly made of; what it leaves out, jsonschema checks."""
    if "$ref" in schema:
        yield from schema_errors(root, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], value, place)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(has_type(value, name) for name in types):
        yield f"{place}: {str(value)[:80]!r} is not of type {', '.join(types)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}: {name} is missing"
        for name, member in value.items():
            if name in known:
                yield from schema_errors(root, known[name], member, f"{place}/{name}")
            elif others is False:
                yield f"{place}: {name} is not in the schema"
            elif isinstance(others, dict):
                yield from schema_errors(root, others, member, f"{place}/{name}")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from schema_errors(root, schema["items"], item, f"{place}/{index}")


def check_figure(where, name, figure):
    if expect(figure["value"] is not None, f"{where}: {name} is not known: {figure['reason']}"):
        expect(figure["value"] > 0, f"{where}: {name} is {figure['value']}")
        expect(figure["source"], f"{where}: {name} has no source")
        expect(figure["scope"] != "unknown", f"{where}: {name} has a value of unknown scope")


def check_known_or_reason(where, name, figure):
    if figure["value"] is None:
        expect(figure["reason"], f"{where}: {name} is null without a reason")
    else:
        expect(figure["source"], f"{where}: {name} has no source")


def check_isolation(where, isolation):
    expect(isolation["rows"], f"{where}: no isolation rows")
    for row in isolation["rows"]:
        if row["state"] in ("enforced", "not_requested"):
            continue
        expect(row["reason"], f"{where}: isolation: {row['mechanism']} is {row['state']} without a reason")


def check_series(where, suite):
    series = suite["samples"]
    columns = {name: series[name] for name in ("t_ns", "cpu_ns", "rss_bytes", "processes", "threads")}
    lengths = {len(column) for column in columns.values()}
    expect(len(lengths) == 1, f"{where}: columns of the time series differ in length: {sorted(lengths)}")
    if not columns["t_ns"]:
        expect(suite["wall_ns"] <= SAMPLED_FROM_NS, f"{where}: ran {suite['wall_ns'] / 1e6:.0f} ms and has no samples")
        return
    for name in ("t_ns", "cpu_ns"):
        expect(columns[name] == sorted(columns[name]), f"{where}: {name} of the time series goes back")
    expect(max(columns["rss_bytes"]) > 0 and max(columns["processes"]) > 0, f"{where}: the time series has no memory or no processes")
    expect(series["memory_source"] and series["cpu_source"], f"{where}: the time series does not name its sources")


def check_test(where, runner, test):
    case, attempt = test["test"], test["attempts"][-1]
    where = f"{where}: {case['name']}"
    # rustdoc prints doctests in libtest's text form, which has no times.
    timeless = test["outcome"] in NOT_RUN or (runner == "cargo" and "doctests" in case["classname"])
    if attempt["duration_ns"] is None and expect(timeless, f"{where}: no wall time"):
        expect(attempt["duration_reason"] or test["outcome"] in NOT_RUN, f"{where}: no wall time and no reason")
    for name in ("cpu_ns", "peak_memory_bytes"):
        check_known_or_reason(where, name, attempt["usage"][name])


def check_suite(suite):
    where, counts = suite["suite"]["id"], suite["counts"]
    expect(suite["status"] == "passed", f"{where}: {suite['status']}: {suite['status_reason']}")
    expect(counts["total"] > 0, f"{where}: no tests")
    tests = [test for test in suite["tests"] if test["test"]["kind"] == "test"]
    expect(len(tests) == counts["total"], f"{where}: {len(tests)} tests are listed, counted are {counts['total']}")
    for outcome in ("passed", "skipped"):
        listed = sum(test["outcome"] == outcome for test in tests)
        expect(listed == counts[outcome], f"{where}: {listed} {outcome} tests are listed, counted are {counts[outcome]}")
    check_figure(where, "CPU time", suite["usage"]["cpu_ns"])
    check_figure(where, "peak memory", suite["usage"]["peak_memory_bytes"])
    of_tests = [test["attempts"][-1]["usage"]["peak_memory_bytes"]["value"] or 0 for test in tests]
    expect((suite["usage"]["peak_memory_bytes"]["value"] or 0) >= max(of_tests, default=0), f"{where}: a test's peak is above its suite's")
    coverage = suite["coverage"]
    expect(coverage["percent"] is not None, f"{where}: no coverage: {coverage['reason']}")
    expect(coverage["files"], f"{where}: coverage has no files")
    check_isolation(where, suite["isolation"])
    for step in suite["steps"]:
        check_isolation(f"{where}: {step['name']}", step["isolation"])
    check_series(where, suite)
    for test in suite["tests"]:
        check_test(where, suite["suite"]["runner"], test)
    if suite["suite"]["runner"] == "pytest":
        measured = sum(test["attempts"][-1]["usage"]["cpu_ns"]["value"] is not None for test in tests)
        expect(measured > 0, f"{where}: no test has CPU time of its own")


def check_report(report):
    expect(report["exit_code"] == 0, f"exit code {report['exit_code']}: {report['exit_reason']}")
    expect(report["complete"], "the report is not complete")
    folders = {entry.name for entry in SAMPLES.iterdir() if entry.is_dir() and not entry.name.startswith(".") and entry.name != "broken"}
    expect(folders == set(RUNNERS), f"samples/ holds {sorted(folders)}, this check knows {sorted(RUNNERS)}")
    found = {suite["suite"]["root"]: suite["suite"]["runner"] for suite in report["suites"]}
    expect(found == RUNNERS and len(report["suites"]) == len(RUNNERS), f"suites are {found}, not {RUNNERS}")
    for suite in report["suites"]:
        check_suite(suite)
    for name, total in report["counts"].items():
        summed = sum(suite["counts"][name] for suite in report["suites"])
        expect(total == summed, f"counts: {name} is {total}, the suites have {summed}")
    for diagnostic in report["diagnostics"]:
        expect(diagnostic["severity"] != "error", f"diagnostic {diagnostic['code']}: {diagnostic['message']}")


# The other formats ---------------------------------------------------------------------------------------------------

def check_junit_element(where, element, cases, counts):
    """Subtests are test cases of their own there; an expected failure is a skip."""
    wanted = {"tests": counts["total"] + counts["subtests"], "failures": counts["failed"] + counts["unexpected_passes"],
              "errors": counts["errored"], "skipped": counts["skipped"] + counts["expected_failures"]}
    listed = {"tests": len(cases), "failures": sum(case.find("failure") is not None for case in cases),
              "errors": sum(case.find("error") is not None for case in cases),
              "skipped": sum(case.find("skipped") is not None for case in cases)}
    for name, count in wanted.items():
        stated = int(element.get(name, "-1"))
        expect(stated == count == listed[name],
               f"junit.xml: {where}: {name}={stated}, {listed[name]} test cases are such, the report says {count}")


def check_junit(file, report):
    root = xml.etree.ElementTree.parse(file).getroot()
    check_junit_element("all", root, root.findall(".//testcase"), report["counts"])
    by_name = {element.get("name"): element for element in root.findall("testsuite")}
    for suite in report["suites"]:
        name = suite["suite"]["id"]
        if expect(name in by_name, f"junit.xml: no testsuite {name}"):
            check_junit_element(name, by_name[name], by_name[name].findall("testcase"), suite["counts"])


def lcov_records(text):
    """SF -> its DA rows and stated totals."""
    records, current = {}, None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            current = records[value] = {"DA": {}, "LF": None, "LH": None}
        elif key == "DA":
            number, hits = value.split(",")[:2]
            current["DA"][int(number)] = int(hits)
        elif key in ("LF", "LH"):
            current[key] = int(value)
    return records


def check_lcov(file, report):
    records = lcov_records(file.read_text(encoding="utf-8"))
    files = {entry["path"]: entry for entry in report["coverage"]["files"]}
    expect(set(records) == set(files), f"lcov.info names {sorted(set(records) ^ set(files))} differently from the report")
    for path in set(records) & set(files):
        record, lines = records[path], {line: hits for line, hits in files[path]["lines"]}
        expect(record["DA"] == lines, f"lcov.info: {path}: line hits differ from the report's")
        expect(record["LF"] == len(lines), f"lcov.info: {path}: LF:{record['LF']}, {len(lines)} lines")
        expect(record["LH"] == sum(hits > 0 for hits in lines.values()), f"lcov.info: {path}: LH:{record['LH']} is wrong")
    totals = report["coverage"]["totals"]["lines"]
    for key, name in (("LF", "found"), ("LH", "hit")):
        summed = sum(record[key] or 0 for record in records.values())
        expect(summed == totals[name], f"lcov.info: {key} sums up to {summed}, the report says {totals[name]}")


def check_html(file, report):
    page = file.read_text(encoding="utf-8")
    loaded = re.findall(r"<[^>]*\s(?:src|href)\s*=\s*[\"']?\s*(?:https?:)?//[^\s\"'>]+", page, re.IGNORECASE)
    loaded += re.findall(r"url\(\s*[\"']?\s*(?:https?:)?//[^)]*|@import[^;]*", page, re.IGNORECASE)
    expect(not loaded, f"report.html loads from elsewhere: {loaded[:3]}")
    carried = {name: json.loads(gzip.decompress(base64.b64decode(data, validate=True))) for name, data in re.findall(
        r'<script id="(rh-[a-z]+)" type="application/octet-stream" data-encoding="gzip\+base64">([^<]*)</script>', page)}
    if not expect({"rh-report", "rh-tests", "rh-coverage"} <= carried.keys(), f"report.html carries only {sorted(carried)}"):
        return
    for member in ("run", "counts", "exit_code", "exit_reason", "wall_ns", "gates", "diagnostics"):
        expect(carried["rh-report"][member] == report[member], f"report.html has another {member} than report.json")
    tests = [record["test"]["name"] for suite in report["suites"] for record in suite["tests"]]
    expect(sorted(carried["rh-tests"]["names"]) == sorted(tests), "report.html has other tests than report.json")
    files = {file["path"] for file in report["coverage"]["files"]}
    expect(carried["rh-coverage"]["files"].keys() == files, "report.html has other covered files than report.json")


def check_summary(file, report):
    text = file.read_text(encoding="utf-8")
    for suite in report["suites"]:
        rows = [line for line in text.splitlines() if line.startswith("|") and f"`{suite['suite']['id']}`" in line]
        if expect(rows, f"summary.md does not mention {suite['suite']['id']}"):
            expect(f"| {suite['counts']['total']} |" in rows[0], f"summary.md: {rows[0]}: not {suite['counts']['total']} tests")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    run = pathlib.Path(sys.argv[1])
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    check_schema(run / "report.json")
    check_report(report)
    for name, check in (("junit.xml", check_junit), ("lcov.info", check_lcov), ("report.html", check_html), ("summary.md", check_summary)):
        if expect((run / name).is_file(), f"{name} was not written"):
            check(run / name, report)
    problems.extend(native_figures.compare(report, SAMPLES))
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"check_demo: {problem}", file=sys.stderr)
    print(f"check_demo: {len(problems)} problems" if problems else
          f"check_demo: {report['counts']['total']} tests of {len(report['suites'])} suites: all figures are there and are the native tools' own")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
