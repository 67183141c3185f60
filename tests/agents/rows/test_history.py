"""Stored executions and the audit log: rows 47, 146 to 154, 193 and 194."""

import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest  # noqa: E402

NAME = re.compile(r"\d{8}_\d{6}_\d{6}_(OK|FAIL)\.json")


class HistoryTest(RowTest):
    def folder_of_executions(self):
        return self.project / ".runharness/agent/executions"

    def files(self):
        return sorted(file.name for file in self.folder_of_executions().glob("*.json"))

    def run_code(self, code, **arguments):
        return self.on_command_line("execute_code", {"language": "python", "code": code, **arguments})

    def test_row_146_one_file_for_each_run(self):
        """history: each run saved as one JSON file after all retries, `YYYYMMDD_HHMMSS_microseconds_OK.json` or `_FAIL.json`, in `executions/`."""
        for answer in self.ask("execute_code", language="python", code="print(1)"):
            self.assertIn(answer.data["execution_id"] + "_OK.json", self.files())
        for answer in self.ask("execute_code", language="python", code="1 / 0"):
            self.assertIn(answer.data["execution_id"] + "_FAIL.json", self.files())
        self.assertEqual(len(self.files()), 4)
        for name in self.files():
            self.assertRegex(name, NAME)

    def test_row_147_fields(self):
        """history: record fields execution_id, timestamp, instruction, code, success, output, error, execution_time, provider, model, security_mode, execution_mode."""
        for answer in self.ask("execute_code", language="python", code="print('x')", instruction="print x", provider="p",
                               model="m"):
            stored = json.loads((self.folder_of_executions() / (answer.data["execution_id"] + "_OK.json")).read_text())
            self.assertEqual({name: stored[name] for name in ("instruction", "code", "success", "output", "error", "provider",
                                                              "model", "security_mode", "execution_mode")},
                             {"instruction": "print x", "code": "print('x')", "success": True, "output": "x\n", "error": None,
                              "provider": "p", "model": "m", "security_mode": "safe", "execution_mode": "subprocess"})
            self.assertEqual(stored["execution_id"], answer.data["execution_id"])
            self.assertRegex(stored["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
            self.assertGreater(stored["execution_time"], 0)

    def test_row_148_list(self):
        """history: `list` with `limit` (10), `success_only`; newest first."""
        ids = [self.run_code(f"print({i})" if i % 3 else "1 / 0").data["execution_id"] for i in range(12)]
        for answer in self.ask("execution_history_list"):
            self.assertEqual([one["execution_id"] for one in answer.data["executions"]], ids[:1:-1], answer)
            self.assertEqual(answer.data["total"], 12)
        for answer in self.ask("execution_history_list", limit=2, success_only=True):
            self.assertEqual([one["execution_id"] for one in answer.data["executions"]], [ids[11], ids[10]], answer)
        listed = self.run_line("history", "list", "--executions", "-n", "3", "--json")
        self.assertEqual(len(json.loads(listed.stdout)["executions"]), 3)
        self.assertIn("12 executions of code", self.run_line("history", "list").stdout)

    def test_row_149_193_get(self):
        """history: `get` by execution id."""
        answer = self.run_code("print('found')")
        other = self.run_code("print('other')")
        for key in (answer.data["execution_id"], answer.data["short_id"], answer.data["short_id"][:12]):
            for got in self.ask("execution_history_get", execution_id=key):
                self.assertEqual(got.data["record"]["stdout"], "found\n", got)
        for got in self.ask("execution_history_get", execution_id="latest"):
            self.assertEqual(got.data["record"]["stdout"], "other\n", got)
        for key, kind in (("20200101_000000_000000", "not_found"), ("../../secret", "invalid_request"),
                          (other.data["execution_id"][:4], "invalid_request")):
            for got in self.ask("execution_history_get", execution_id=key):
                self.assertEqual(got.error_kind, kind, got)
        shown = self.run_line("history", "get", answer.data["execution_id"])
        self.assertEqual(json.loads(shown.stdout)["execution_id"], answer.data["execution_id"])

    def test_row_150_clear(self):
        """history: `clear` all, or keep the most recent N (`keep_recent`)."""
        for answer in ("command line", "mcp"):
            ids = [self.run_code(f"print({i})").data["execution_id"] for i in range(4)]
            (kept,) = self.ask("execution_history_clear", ways=(answer,), keep_recent=1)
            self.assertEqual((kept.data["removed"], kept.data["kept"]), (3, 1), kept)
            self.assertEqual(self.files(), [ids[-1] + "_OK.json"])
            (none,) = self.ask("execution_history_clear", ways=(answer,))
            self.assertEqual(none.data["removed"], 1, none)
            self.assertEqual(self.files(), [])

    def test_row_151_saving_is_switched_off(self):
        """history: saving can be switched off in config (`save_executions`) and per call (`save_execution`)."""
        for answer in self.ask("execute_code", language="python", code="print(1)", save_execution=False):
            self.assertTrue(answer.data["success"], answer)
        self.assertEqual(self.files(), [])
        self.configure("[execution]\nsave_executions = false\n")
        for answer in self.ask("execute_code", language="python", code="print(1)"):
            self.assertTrue(answer.data["success"], answer)
        self.assertEqual(self.files(), [])
        for answer in self.ask("execute_code", language="python", code="print(1)", save_execution=True):
            self.assertTrue(answer.data["success"], answer)
        self.assertEqual(len(self.files()), 2)

    def test_row_152_failure_patterns(self):
        """history: past runs can be used to learn from (failure patterns)."""
        for number in (3, 77):
            self.run_code(f"[][{number}]", instruction="take one")
            self.run_code(f"raise ValueError('got {number}')")
        good = self.run_code("print(1)", instruction="take one").data["execution_id"]
        for answer in self.ask("execution_history_failures"):
            self.assertEqual((answer.data["executions"], answer.data["failures"]), (5, 4), answer)
            patterns = {one["pattern"]: one for one in answer.data["patterns"]}
            self.assertEqual(patterns["ValueError: got #"]["count"], 2, answer)
            index = patterns["IndexError: list index out of range"]
            self.assertEqual((index["count"], index["solved_by"]), (2, [good]), answer)

    def test_row_153_audit(self):
        """audit: request is logged before the run (execution id, user id, prompt, UTC time) and completion after (id, success); id is 16 random bytes hex."""
        for way in ("command line", "mcp"):
            (answer,) = self.ask("execute_code", ways=(way,), language="python", code="1 / 0", user="ada", user_query="divide!")
            (shown,) = self.ask("audit_show", ways=(way,), execution_id=answer.data["execution_id"])
            request, completion = shown.data["lines"]
            self.assertEqual((request["event"], request["user"], request["prompt"]), ("request", "ada", "divide!"), shown)
            self.assertRegex(request["id"], "^[0-9a-f]{32}$")
            self.assertRegex(request["time"], r"Z$")
            self.assertEqual((completion["event"], completion["id"], completion["success"]),
                             ("completion", request["id"], False), shown)
        for answer in self.ask("audit_verify"):
            self.assertEqual((answer.data["ok"], answer.data["lines"]), (True, 4), answer)

    def test_row_153_the_first_broken_line_is_named(self):
        """audit: request is logged before the run (execution id, user id, prompt, UTC time) and completion after (id, success); id is 16 random bytes hex."""
        for number in range(3):
            self.run_code(f"print({number})", user="ada")
        (log,) = self.folder.glob("state/runharness/agent/*/audit.jsonl")
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)
        lines = log.read_text().splitlines(keepends=True)
        swapped = lines[:]
        swapped[1], swapped[2] = swapped[2], swapped[1]
        for broken, first in ((lines[:2] + [lines[2].replace("ada", "eve")] + lines[3:], 3), (lines[:1] + lines[3:], 2),
                              (swapped, 2), (lines[:3] + [lines[0]] + lines[3:], 4), (lines[:4], 5)):
            log.write_text("".join(broken))
            done = self.run_line("audit", "verify", "--json")
            self.assertEqual(done.returncode, 1, done)
            self.assertEqual(json.loads(done.stdout)["first_broken"]["line"], first, done.stdout)
            self.assertIn(f"line {first} ", self.run_line("audit", "verify").stdout)
        log.write_text("".join(lines))
        self.assertEqual(self.run_line("audit", "verify").returncode, 0)

    def test_row_153_code_cannot_reach_the_log(self):
        """audit: request is logged before the run (execution id, user id, prompt, UTC time) and completion after (id, success); id is 16 random bytes hex."""
        code = ("import os\nfound = []\nfor root in (%r, os.path.expanduser('~')):\n"
                "    for folder, _, files in os.walk(root):\n        found += [f for f in files if f.startswith('audit.') or f == 'key']\n"
                "print(found)" % str(self.folder / "state"))
        for answer in self.ask("execute_code", language="python", code=code):
            self.assertEqual(answer.data["stdout"], "[]\n", answer)

    def test_row_153_blocked_runs_are_logged(self):
        """audit: request is logged before the run (execution id, user id, prompt, UTC time) and completion after (id, success); id is 16 random bytes hex."""
        self.run_code("import subprocess; subprocess.run(['id'])")
        completion = self.on_command_line("audit_show", {}).data["lines"][-1]
        self.assertEqual((completion["event"], completion["error"]), ("completion", "security_violation"))

    def test_row_154_debug_lines(self):
        """debug logging of the execution service can be switched on."""
        quiet = self.run_line("exec", "--enable", "--language", "python", "--code", "print(1)")
        self.assertNotIn("runharness debug", quiet.stderr)
        self.configure("[execution]\ndebug_log = true\n")
        loud = self.run_line("exec", "--enable", "--language", "python", "--code", "print(1)")
        self.assertEqual(loud.stdout, "1\n", loud)
        for text in ("begins: 8 bytes of python", "stage execute: ok", "ends: completed"):
            self.assertIn(text, loud.stderr)
        client = self.client()
        client.call("execute_code", {"language": "python", "code": "print(1)"})
        client.close()
        self.assertIn("ends: completed", client.stderr())

    def test_row_194_folder_is_configurable(self):
        """history directory is configurable; each record is readable by a plain JSON tool."""
        other = self.folder / "kept here"
        self.configure(f"[execution]\nexecutions_folder = '{other}'\n")
        for answer in self.ask("execute_code", language="python", code="print('ü')"):
            self.assertEqual(json.loads((other / (answer.data["execution_id"] + "_OK.json")).read_text())["stdout"], "ü\n")
        for answer in self.ask("execution_history_list"):
            self.assertEqual((answer.data["folder"], answer.data["total"]), (str(other), 2), answer)

    def test_row_047_dependencies_of_past_runs(self):
        """deps: dependency use over past runs can be listed (tracking)."""
        self.run_code("import json, csv\nprint(json.dumps(1))")
        self.run_code("import json\n1 / 0")
        for answer in self.ask("execution_history_dependencies"):
            use = {one["name"]: one for one in answer.data["dependencies"]}
            self.assertEqual((use["json"]["executions"], use["json"]["failed"]), (2, 1), answer)
            self.assertEqual(use["csv"]["executions"], 1, answer)


if __name__ == "__main__":
    unittest.main()
