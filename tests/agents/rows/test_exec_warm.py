"""Warm interpreters, runs side by side, progress, environments and what a host without a sandbox does."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest

FREE = {"security": "permissive"}


class Warm(RowTest):
    def setUp(self):
        super().setUp()
        self.configure("[execution]\nwarm_pool = 2\n")

    def run_python(self, client, code, **more):
        return client.call("execute_code", {"language": "python", "code": code, **FREE, **more})

    def test_row_079_runs_leave_nothing_to_each_other(self):
        """Warm sandboxes are used again; files, variables and processes of one run are gone in the next."""
        client = self.client()
        code = "import os\nx = 1\nopen('/tmp/left', 'w').write('1')\nopen('here', 'w').write('1')\nos.system('sleep 300 &')\nimport json\njson.mark = 1"
        self.assertTrue(self.run_python(client, code).data["success"])
        look = (
            "import json, os\nprint('x' in globals(), hasattr(json, 'mark'), os.path.exists('/tmp/left'), os.listdir('.'))\n"
            "print(sum(p.isdigit() and 'sleep' in open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc')))"
        )
        answer = self.run_python(client, look)
        self.assertEqual(answer.data["stdout"], "False False False []\n0\n", answer)

    def test_row_079_limits_hold(self):
        """Limits of a run hold in a warm interpreter, and the next run works."""
        client = self.client()
        for code, more, kind in (
            ("while True: pass", {"cpu_time": 1}, "cpu_limit"),
            ("import time\ntime.sleep(60)", {"timeout": 1}, "timeout"),
            ("x = bytearray(900 << 20)\nx[::4096] = b'1' * len(x[::4096])", {"memory_limit": "256m"}, "memory_limit"),
            ("raise SystemExit(3)", {}, "code_error"),
        ):
            self.assertEqual(self.run_python(client, code, **more).error_kind, kind, code)
            answer = self.run_python(client, "print(6 * 7)")
            self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_076_mode_exec(self):
        """`exec` runs inside of a warm interpreter, must be asked for, and is told in the record."""
        client = self.client()
        for _ in range(3):
            answer = self.run_python(client, "print('y' in globals())\ny = 1\nresult = [y]", execution_mode="exec")
            self.assertEqual((answer.data["stdout"], answer.data["execution_mode"], answer.data["results"]), ("False\n", "exec", [1]), answer)
        answer = self.run_python(client, "1 / 0", execution_mode="exec")
        self.assertEqual(answer.error_kind, "code_error", answer)
        self.assertIn("ZeroDivisionError", answer.data["stderr"], answer)
        self.assertEqual(self.run_python(client, "print(1)").data["execution_mode"], "subprocess")

    def test_row_076_079_javascript(self):
        """Warm interpreters of JavaScript print, give results and errors, and are never used twice; `exec` has names of its own."""
        client = self.client()
        for mode in ("subprocess", "exec"):
            for _ in range(3):
                code = "console.log(typeof y, require('path').join('a', 'b'))\nglobalThis.y = 1\nvar result = {a: [1, 2]}"
                answer = client.call("execute_code", {"language": "javascript", "code": code, "execution_mode": mode, **FREE})
                self.assertEqual((answer.data["stdout"], answer.data["results"], answer.data["execution_mode"]),
                                 ("undefined a/b\n", {"a": [1, 2]}, mode), answer)
            code = "setTimeout(() => console.log('later'), 20); Promise.reject(new Error('on purpose'))"
            answer = client.call("execute_code", {"language": "javascript", "code": code, "execution_mode": mode, **FREE})
            self.assertEqual(answer.error_kind, "code_error", answer)
            self.assertIn("on purpose", answer.data["stderr"], answer)
            answer = client.call("execute_code", {"language": "javascript", "code": "console.log(await Promise.resolve(7)); process.exit(3)",
                                                  "execution_mode": mode, **FREE})
            self.assertEqual((answer.data["stdout"], answer.data["exit_code"]), ("7\n", 3), answer)

    def test_row_080_side_by_side(self):
        """Several executions at once do not mix their results."""
        client = self.client()
        code = "import sys\nfor _ in range(50):\n    print({0})\nresult = {0}"
        numbers = [
            client.start("tools/call", {"name": "execute_code", "arguments": {"language": "python", "code": code.format(i), "timeout": 120, **FREE}})
            for i in range(16)
        ]
        answers = [client.wait(number)["result"]["structuredContent"] for number in numbers]
        for i, answer in enumerate(answers):
            self.assertEqual((answer["stdout"], answer["results"]), (f"{i}\n" * 50, i), answer)


class Surroundings(RowTest):
    def test_row_078_environments(self):
        """A named environment sets allowed modules, memory and timeout together."""
        self.configure('[execution.environments.data]\nallowed_modules = ["json"]\nmemory = "256M"\ntimeout = 60\n')
        for answer in self.ask("execute_code", language="python", code="import json\nprint(1)", environment="data"):
            self.assertEqual((answer.data["limits"]["memory"], round(answer.data["limits"]["timeout"])), (268435456, 60), answer)
        for answer in self.ask("execute_code", language="python", code="import csv\nprint(1)", environment="data"):
            self.assertEqual(answer.error_kind, "security_violation", answer)

    def test_row_173_174_output_is_seen_while_it_comes(self):
        """Progress of a long run is visible while it runs."""
        client = self.client()
        number = client.start(
            "tools/call",
            {"name": "execute_code", "arguments": {"language": "python", "code": "import time\nprint('begun', flush=True)\ntime.sleep(3)"},
             "_meta": {"progressToken": "p"}},
        )
        client.wait(number)
        self.assertTrue([one for one in client.notifications if one["method"] == "notifications/progress"])


if __name__ == "__main__":
    unittest.main()
