"""Sessions, batches, pipelines and the prompt: rows 55 and 136 to 141."""

import os
import pathlib
import pty
import select
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RUNHARNESS, RowTest  # noqa: E402


class SessionTest(RowTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: self.run_line("sessions", "end", "--all"))

    def callers(self):
        """A function that runs code in a session, for each way."""
        yield lambda **arguments: self.on_command_line("execute_code", arguments)
        client = self.client()
        yield lambda **arguments: client.call("execute_code", arguments)
        client.close()

    def test_row_136_state_is_kept(self):
        """session: a `session_id` keeps variables and imports between calls."""
        steps = {"python": ["import math\nx = 20", "print(math.floor(x + 1.5) * 2)"],
                 "javascript": ["const os = require('os'); let x = 20", "console.log((x + 1) * 2)"],
                 "bash": ["x=20; f() { echo $(( (x + 1) * 2 )); }", "f"]}
        for run in self.callers():
            for language, (first, second) in steps.items():
                one = run(language=language, code=first, session_id=f"s-{language}")
                self.assertTrue(one.data.get("success"), one)
                two = run(language=language, code=second, session_id=f"s-{language}")
                self.assertEqual(two.data["stdout"], "42\n", two)
                self.assertEqual(two.data["session_id"], f"s-{language}")

    def test_row_136_an_error_leaves_the_state(self):
        """session: a `session_id` keeps variables and imports between calls."""
        for run in self.callers():
            run(language="python", code="x = 5", session_id="e")
            failed = run(language="python", code="y = x\nraise ValueError('on purpose')", session_id="e")
            self.assertEqual(failed.error_kind, "code_error", failed)
            self.assertIn("ValueError: on purpose", failed.data["stderr"])
            self.assertNotIn("session.py", failed.data["stderr"])
            self.assertEqual(run(language="python", code="print(x + y)", session_id="e").data["stdout"], "10\n")
            slow = run(language="python", code="while True: pass", session_id="e", timeout=1)
            self.assertEqual(slow.error_kind, "timeout", slow)
            self.assertEqual(run(language="python", code="print(x)", session_id="e").data["stdout"], "5\n")
            other = run(language="bash", code="echo 1", session_id="e")
            self.assertEqual(other.error_kind, "invalid_request", other)

    def test_row_136_a_blocked_cell_is_not_started(self):
        """session: a `session_id` keeps variables and imports between calls."""
        for run in self.callers():
            blocked = run(language="python", code="import subprocess\nsubprocess.run(['id'])", session_id="b")
            self.assertEqual(blocked.error_kind, "security_violation", blocked)

    def test_row_137_sessions_are_apart(self):
        """session: two sessions do not see each other; a session id is made when none is given."""
        for run in self.callers():
            run(language="python", code="x = 1\nopen('mine.txt', 'w').write('1')", session_id="a", security="permissive")
            run(language="python", code="x = 2", thread_id="b")
            self.assertEqual(run(language="python", code="print(x)", session_id="a").data["stdout"], "1\n")
            self.assertEqual(run(language="python", code="print(x)", session_id="b").data["stdout"], "2\n")
            seen = run(language="python", code="import os\nprint(os.path.exists('mine.txt'))", session_id="b")
            self.assertEqual(seen.data["stdout"], "False\n", seen)
        for started in self.ask("sessions_start", language="python"):
            self.assertTrue(started.data["session_id"], started)
        ids = {self.on_command_line("sessions_start", {"language": "python"}).data["session_id"] for _ in range(2)}
        self.assertEqual(len(ids), 2)

    def test_row_137_start_list_end(self):
        """session: two sessions do not see each other; a session id is made when none is given."""
        started = self.on_command_line("sessions_start", {"language": "python", "session_id": "mine"})
        self.assertEqual(started.data["session_id"], "mine", started)
        listed = self.on_command_line("sessions_list", {})
        self.assertEqual([one["session_id"] for one in listed.data["sessions"]], ["mine"], listed)
        ran = self.run_line("sessions", "run", "mine", "--enable", "--language", "python", "--code", "print('hi')")
        self.assertEqual(ran.stdout, "hi\n", ran)
        self.assertEqual(self.run_line("sessions", "end", "mine").returncode, 0)
        self.assertEqual(self.run_line("sessions", "end", "mine").returncode, 2)
        self.assertEqual(self.on_command_line("sessions_list", {}).data["sessions"], [])
        for bad in ("../x", "a b", "x" * 65):
            refused = self.on_command_line("execute_code", {"language": "python", "code": "1", "session_id": bad})
            self.assertEqual(refused.error_kind, "invalid_request", refused)

    def test_row_137_there_is_a_bound(self):
        """session: two sessions do not see each other; a session id is made when none is given."""
        client = self.client()
        kinds = [client.call("sessions_start", {"language": "bash", "session_id": f"n{i}"}).error_kind for i in range(17)]
        self.assertEqual(kinds, [None] * 16 + ["quota_exceeded"])
        client.close()

    def test_row_138_a_batch_shares_its_state(self):
        """batch: a list of code blocks runs in order in one shared state; results come as a list with `success` each."""
        blocks = ["x = [1]", "x.append(2)\nraise KeyError('two')", "print(x)"]
        for answer in self.ask("execute_batch", language="python", blocks=blocks):
            self.assertEqual([one["success"] for one in answer.data["results"]], [True, False, True], answer)
            self.assertEqual(answer.data["results"][2]["stdout"], "[1, 2]\n", answer)
            self.assertEqual((answer.data["success"], answer.data["succeeded"], answer.data["total"]), (False, 2, 3))
        for answer in self.ask("execute_batch", language="python", blocks=blocks, stop_on_error=True):
            self.assertEqual((len(answer.data["results"]), answer.data["not_run"]), (2, 1), answer)
        for answer in self.ask("execute_batch", language="javascript", blocks=["let a = 6", "console.log(a * 7)"]):
            self.assertEqual(answer.data["results"][1]["stdout"], "42\n", answer)
        self.assertEqual(self.on_command_line("sessions_list", {}).data["sessions"], [])

    def test_row_139_script_files_in_order(self):
        """batch: script files run in order, each step's output and errors shown, results aggregated."""
        self.write({"1.py": "x = 41\nprint('one')", "2.py": "import sys\nprint('oops', file=sys.stderr)\nsys.exit(3)",
                    "3.py": "print(x + 1)"})
        for answer in self.ask("execute_batch", paths=["1.py", "2.py", "3.py"]):
            one, two, three = answer.data["results"]
            self.assertEqual((one["name"], one["stdout"]), ("1.py", "one\n"), answer)
            self.assertEqual((two["success"], two["stderr"], two["exit_code"]), (False, "oops\n", 3), answer)
            self.assertEqual(three["stdout"], "42\n", answer)
            self.assertEqual((answer.data["succeeded"], answer.data["failed"]), (2, 1), answer)
        shown = self.run_line("exec-batch", "--enable", "1.py", "2.py", "3.py")
        for text in ("1.py", "one", "oops", "42", "2 of 3 succeeded"):
            self.assertIn(text, shown.stdout + shown.stderr)

    def test_row_140_stages_hand_on(self):
        """pipeline: stage 2 receives stage 1 results; final record says completed and holds every stage."""
        stages = [{"name": "make", "language": "python",
                   "code": "import json\nprint(json.dumps({'n': [1, 2, 3], 'ü': 1}))\nresult = {'sum': 6}"},
                  {"name": "use", "language": "javascript",
                   "code": "const data = JSON.parse(require('fs').readFileSync('previous_output.txt', 'utf8'));\n"
                           "console.log(data.n.length * 7 * 2, context.previous.result.sum, context.stages.make.result.sum)"},
                  {"name": "end", "language": "bash", "code": "cat previous_output.txt; [ ! -e previous_result.json ]"}]
        for answer in self.ask("run_pipeline", stages=stages):
            self.assertEqual((answer.data["status"], answer.data["success"]), ("completed", True), answer)
            self.assertEqual([stage["name"] for stage in answer.data["stages"]], ["make", "use", "end"])
            self.assertEqual(answer.data["stages"][2]["record"]["stdout"], "42 6 6\n", answer)
            for shown in self.ask("pipeline_show", pipeline_id=answer.data["pipeline_id"]):
                self.assertEqual(shown.data["status"], "completed", shown)

    def test_row_140_a_stage_that_fails_stops_it(self):
        """pipeline: stage 2 receives stage 1 results; final record says completed and holds every stage."""
        stages = [{"code": "assert 1 == 2, 'no'"}, {"code": "print('never')"}]
        for answer in self.ask("run_pipeline", language="python", stages=stages):
            self.assertEqual((answer.data["status"], answer.error_kind), ("failed", "code_error"), answer)
            self.assertEqual([stage["status"] for stage in answer.data["stages"]], ["failed", "pending"])
        for answer in self.ask("run_pipeline", language="python", stages=[{"code": "1"}, {"language": "cobol", "code": "x"}]):
            self.assertEqual(answer.error_kind, "unsupported_language", answer)  # before anything ran

    def test_row_141_prompt(self):
        """REPL: interactive verb over a session."""
        lines = "x = 20\nfor i in range(2):\n    x += 0.5\n\nx * 2\n1 / 0\nprint('still', int(x))\n"
        done = self.run_line("repl", "--enable", stdin=lines)
        self.assertEqual(done.stdout, "42.0\nstill 21\n", done)
        self.assertIn("ZeroDivisionError", done.stderr)
        self.assertEqual(self.run_line("repl", "--enable", "--language", "bash", stdin="x=4\necho $((x + 1))\n").stdout, "5\n")
        self.assertEqual(self.run_line("repl", "--enable", "--language", "javascript", stdin="let x = 4\nx + 1\n").stdout, "5\n")
        self.run_line("repl", "--enable", "--session", "shared", stdin="y = 9\n")
        seen = self.on_command_line("execute_code", {"language": "python", "code": "print(y)", "session_id": "shared"})
        self.assertEqual(seen.data["stdout"], "9\n", seen)

    def test_row_141_an_interrupt_ends_the_code_not_the_session(self):
        """REPL: interactive verb over a session."""
        child, terminal = pty.fork()
        if child == 0:
            try:
                os.chdir(self.project)
                os.execve(str(RUNHARNESS), [str(RUNHARNESS), "repl", "--enable"], self.environment)
            finally:
                os._exit(127)
        self.seen = b""

        def until(text):
            while text not in self.seen:
                ready, _, _ = select.select([terminal], [], [], 60)
                self.assertTrue(ready, self.seen)
                self.seen += os.read(terminal, 65536)
            self.seen = self.seen.split(text, 1)[1]

        until(b">>> ")
        os.write(terminal, b"x = 41; print('be' + 'gun', flush=True); import time; time.sleep(100)\n")
        until(b"begun")
        os.write(terminal, b"\x03")
        until(b"KeyboardInterrupt")
        until(b">>> ")
        os.write(terminal, b"print(x + 1)\n")
        until(b"42")
        os.write(terminal, b"\x04")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        os.close(terminal)

    def test_row_055_pairs_of_code_and_output(self):
        """result: pairs of input (code) and output can be extracted from a multi-step answer (`extract_results`: input, output, files)."""
        batch = self.on_command_line("execute_batch", {"language": "python", "blocks": ["a = 6", "print(a * 7)"]})
        for answer in self.ask("extract_results", answer=batch.data):
            self.assertEqual([(one["input"], one["output"]) for one in answer.data["results"]],
                             [("a = 6", ""), ("print(a * 7)", "42\n")], answer)
            self.assertEqual(answer.data["results"][0]["files"], [])
        stored = self.on_command_line("execution_history_list", {}).data["executions"][0]["execution_id"]
        for answer in self.ask("extract_results", execution_id=stored):
            self.assertEqual(answer.data["results"][0]["output"], "42\n", answer)


if __name__ == "__main__":
    unittest.main()
