#!/usr/bin/env python3
"""Runs one file of row tests and writes what each test showed to RESULTS/<file>.json, which coverage_table.py reads."""

import json
import pathlib
import sys
import unittest

import referees

HERE = pathlib.Path(__file__).resolve().parent


class Recorder(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.rows = []

    def note(self, test, result, reason=""):
        text = (getattr(test, "_testMethodDoc", None) or "").strip().splitlines()
        self.rows.append({"test": f"{type(test).__module__}.{test._testMethodName}", "behaviour": text[0] if text else "",
                          "result": result, "reason": reason})

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed")

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, "failed")


def main():
    file, results = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    sys.path[:0] = [str(HERE), str(file.parent)]
    suite = unittest.defaultTestLoader.loadTestsFromName(file.stem)
    if len(sys.argv) > 3:
        suite = unittest.defaultTestLoader.loadTestsFromNames([f"{file.stem}.{name}" for name in sys.argv[3:]])
    outcome = unittest.TextTestRunner(verbosity=2, resultclass=Recorder).run(suite)
    if len(sys.argv) == 3:
        results.mkdir(parents=True, exist_ok=True)
        (results / f"{file.stem}.json").write_text(json.dumps(outcome.rows, indent=1))
    return referees.exit_code(outcome)


if __name__ == "__main__":
    sys.exit(main())
