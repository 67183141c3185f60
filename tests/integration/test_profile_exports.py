"""Exports of a fixed profile, opened by what they are made for: go tool pprof, speedscope in Chromium, and the rules
of the formats whose readers cannot be had offline."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

WRITE_PROFILE = os.environ.get("WRITE_PROFILE", "")
NODE_PACKAGES = pathlib.Path(os.environ.get("NODE_PACKAGES", "."))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
HERE = pathlib.Path(__file__).resolve().parent

# Time of their own, in ms, of all threads: what the fixed profile was built with.
SELF_MS = {"Worker.run": 361, "Tokenizer.next": 300, "deflate [native]": 290, "garbage collection": 60, "parse": 50, "compile": 40}
MAIN_THREAD_MS = {"Tokenizer.next": 300, "deflate [native]": 290, "garbage collection": 60, "parse": 50, "compile": 40}


def milliseconds(text):
    number, unit = re.match(r"([\d.,]+)\s*(ns|us|µs|ms|s)?", text).groups()
    return float(number.replace(",", "")) * {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1000, None: 1}[unit]


class WrittenProfile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="rh-exports-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        subprocess.run([WRITE_PROFILE, cls.folder], check=True)

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")


class Exports(WrittenProfile):
    def pprof(self, *arguments, name="cpu-profile.pb.gz"):
        go = shutil.which("go")
        if go is None:
            self.skipTest("go is missing: pprof was not opened")
        environment = dict(os.environ, PPROF_TMPDIR=str(self.folder))
        done = subprocess.run([go, "tool", "pprof", *arguments, str(self.folder / name)], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @staticmethod
    def flat(table):
        rows = [line.split(None, 5) for line in table.splitlines() if re.match(r"\s+[\d.]+(ns|us|ms|s)?\s+[\d.]+%", line)]
        return {row[5]: milliseconds(row[0]) for row in rows}

    def test_pprof_shows_the_functions(self):
        flat = self.flat(self.pprof("-top"))
        for name, expected in SELF_MS.items():
            self.assertAlmostEqual(flat[name], expected, delta=1, msg=name)
        self.assertIn("<module>", flat)

    def test_pprof_shows_lines_labels_and_wall_time(self):
        self.assertIn("Tokenizer.next lib/parse.py:33", self.pprof("-top", "-lines"))
        tags = self.pprof("-tags")
        for label in ("pid:", "thread:", "4720", "MainThread"):
            self.assertIn(label, tags)
        wall = self.flat(self.pprof("-top", "-sample_index=wall"))
        self.assertAlmostEqual(wall["Popen._try_wait"], 100, delta=1)
        self.assertIn("Type: wall", self.pprof("-top", name="wall-profile.pb.gz"))

    def test_pprof_opens_a_profile_without_samples(self):
        self.assertIn("Total samples = 0", self.pprof("-top", name="empty-cpu-profile.pb.gz"))

    def test_speedscope_opens_what_it_knows(self):
        if not pathlib.Path(CHROMIUM).exists():
            self.skipTest(f"there is no browser at {CHROMIUM}: speedscope was not opened")
        if not (NODE_PACKAGES / "node_modules/speedscope").exists():
            self.skipTest("NODE_PACKAGES does not hold speedscope (the build installs it): it was not opened")
        names = ["cpu-profile.speedscope.json", "cpu-profile.collapsed.txt", "cpu-profile.pb.gz", "cpu-profile.trace.json"]
        done = subprocess.run(
            ["node", HERE / "open_in_speedscope.mjs", NODE_PACKAGES, CHROMIUM, *(self.folder / name for name in names)],
            capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name, rows in json.loads(done.stdout).items():
            shown = {re.sub(r" \((?:[^()]*:\d+|[^()]*\.so[^()]*)\)$", "", row["name"]): milliseconds(row["self"]) for row in rows}
            # Formats with a profile for each thread open with the first one.
            whole = name.endswith((".txt", ".gz"))
            for function, expected in (SELF_MS if whole else MAIN_THREAD_MS).items():
                self.assertAlmostEqual(shown[function], expected, delta=1, msg=f"{name}: {function}")

    def test_collapsed_lines_are_frames_and_a_count(self):
        frame = r"[^;\n]+?(?: \([^;\n]*?(?::\d+)?\))?"
        total = 0
        for line in self.read("cpu-profile.collapsed.txt").splitlines():
            self.assertRegex(line, rf"^{frame}(?:;{frame})* \d+$")
            total += int(line.rsplit(" ", 1)[1])
        self.assertEqual(total, 1260)
        self.assertIn("deflate [native] (libz.so", self.read("cpu-profile.collapsed.txt"))

    def test_speedscope_file_follows_its_schema(self):
        for name in ("cpu-profile.speedscope.json", "empty-cpu-profile.speedscope.json"):
            document = json.loads(self.read(name))
            self.assertEqual(document["$schema"], "https://www.speedscope.app/file-format-schema.json")
            self.assertGreater(len(document["profiles"]), 0)
            for profile in document["profiles"]:
                self.assertEqual(len(profile["samples"]), len(profile["weights"]))
                self.assertEqual(profile["endValue"] - profile["startValue"], sum(profile["weights"]))
                for stack in profile["samples"]:
                    self.assertTrue(all(0 <= frame < len(document["shared"]["frames"]) for frame in stack))
        schema = NODE_PACKAGES / "node_modules/speedscope/dist/release/file-format-schema.json"
        try:
            import jsonschema
        except ImportError:
            self.skipTest("the Python package jsonschema is missing: only the rules above were checked")
        if not schema.exists():
            self.skipTest("NODE_PACKAGES does not hold speedscope: only the rules above were checked")
        jsonschema.validate(document, json.loads(schema.read_text()))

    def test_chrome_events_nest_callers_first(self):
        document = json.loads(self.read("cpu-profile.trace.json"))
        open_until, spent = {}, {}
        for event in document["traceEvents"]:
            self.assertIn(event["ph"], "XMCbe")
            self.assertLessEqual({"name", "pid", "tid", "ts"}, set(event))
            if event["ph"] != "X":
                continue
            stack = open_until.setdefault((event["pid"], event["tid"]), [])
            while stack and stack[-1] <= event["ts"]:
                stack.pop()
            end = event["ts"] + event["dur"]
            self.assertTrue(not stack or end <= stack[-1] + 1e-6, event)
            if not stack:
                spent[event["tid"]] = spent.get(event["tid"], 0) + event["tdur"]
            stack.append(end)
        self.assertEqual(spent, {4711: 899_000, 4712: 61_000, 4720: 300_000})


# The processed profile format, version 54, of github.com/firefox-devtools/profiler (src/types/profile.ts of then).
FIREFOX_TABLES = {
    "samples": {"stack": "stackTable?", "time": float, "weight": float, "threadCPUDelta": int},
    "stackTable": {"frame": "frameTable", "prefix": "stackTable?"},
    "frameTable": {"address": int, "inlineDepth": int, "category": "categories", "subcategory": int, "func": "funcTable",
                   "nativeSymbol": None, "innerWindowID": None, "line": "number?", "column": None},
    "funcTable": {"name": "stringArray", "isJS": bool, "relevantForJS": bool, "resource": int, "fileName": "stringArray?",
                  "lineNumber": "number?", "columnNumber": None},
    "markers": {"data": None, "name": "stringArray", "startTime": float, "endTime": float, "phase": int, "category": "categories"},
    "resourceTable": {"lib": None, "name": "stringArray", "host": None, "type": int},
    "nativeSymbols": {"libIndex": int, "address": int, "name": "stringArray", "functionSize": None},
}


class Firefox(WrittenProfile):
    def check_column(self, place, column, kind, sizes):
        for value in column:
            if kind is None:
                self.assertIsNone(value, place)
            elif kind == "number?":
                self.assertTrue(value is None or isinstance(value, int), place)
            elif isinstance(kind, str):
                if value is None and kind.endswith("?"):
                    continue
                self.assertTrue(isinstance(value, int) and 0 <= value < sizes[kind.rstrip("?")], f"{place}: {value}")
            else:
                allowed = (int, float) if kind is float else kind
                self.assertTrue(isinstance(value, allowed), f"{place}: {value!r}")

    def check_profile(self, document):
        meta = document["meta"]
        self.assertEqual(meta["preprocessedProfileVersion"], 54)
        for member, kind in {"interval": (int, float), "startTime": (int, float), "processType": int, "stackwalk": int,
                             "version": int, "product": str, "markerSchema": list}.items():
            self.assertIsInstance(meta[member], kind, member)
        self.assertIn("grey", [category["color"] for category in meta["categories"]])
        self.assertTrue(all(category["subcategories"] == ["Other"] for category in meta["categories"]))
        for thread in document["threads"]:
            for member, kind in {"processType": str, "name": str, "isMainThread": bool, "pid": str, "tid": int, "pausedRanges": list,
                                 "stringArray": list, "processStartupTime": (int, float), "registerTime": (int, float)}.items():
                self.assertIsInstance(thread[member], kind, member)
            sizes = {table: thread[table]["length"] for table in FIREFOX_TABLES}
            sizes.update(stringArray=len(thread["stringArray"]), categories=len(meta["categories"]))
            for table, columns in FIREFOX_TABLES.items():
                extra = {"length", "weightType"} if table == "samples" else {"length"}
                self.assertEqual(set(thread[table]), set(columns) | extra, table)
                for name, kind in columns.items():
                    self.assertEqual(len(thread[table][name]), sizes[table], f"{table}.{name}")
                    self.check_column(f"{table}.{name}", thread[table][name], kind, sizes)
            for index, prefix in enumerate(thread["stackTable"]["prefix"]):
                self.assertTrue(prefix is None or prefix < index)
            self.assertEqual(thread["samples"]["time"], sorted(thread["samples"]["time"]))

    def test_it_follows_the_format(self):
        for name in ("cpu-profile.firefox.json", "wall-profile.firefox.json", "empty-cpu-profile.firefox.json"):
            self.check_profile(json.loads(self.read(name)))

    def test_it_holds_the_profile(self):
        document = json.loads(self.read("cpu-profile.firefox.json"))
        self.assertEqual([thread["pid"] for thread in document["threads"]], ["4711", "4711", "4720"])
        self.assertEqual([round(sum(thread["samples"]["weight"])) for thread in document["threads"]], [899, 61, 300])
        main = document["threads"][0]
        self.assertEqual([main["stringArray"][name] for name in main["markers"]["name"]], ["reads a file"])
        (counter,) = document["counters"]
        self.assertEqual(max(sum(counter["samples"]["count"][: i + 1]) for i in range(11)), 80_000_000)


if __name__ == "__main__":
    if not WRITE_PROFILE:
        sys.exit("WRITE_PROFILE does not name the program write_profile of the build")
    unittest.main(verbosity=2)
