"""Approvals: rows 105 to 112."""

import json
import os
import pathlib
import pty
import re
import select
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import BOTH, RUNHARNESS, RowTest  # noqa: E402

WRITES = "open('out.txt', 'w').write('done')\nprint('written')"
SELECTIVE = "[approval]\nglobal_mode = 'selective'\n[execution]\nsecurity = 'permissive'\n"


class ApprovalTest(RowTest):
    def approve(self, approval, *flags):
        done = self.run_line("approvals", "approve", approval, *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def waiting(self, **arguments):
        """Of each way, one after the other (the same question is asked once): an answer that waits, with its id."""
        for way in BOTH:
            (answer,) = self.ask("execute_code", ways=(way,), language="python", **arguments)
            self.assertEqual(answer.error_kind, "approval_required", answer)
            self.assertEqual(answer.data["status"], "waiting", answer)
            self.assertRegex(answer.data["approval_id"], "^[0-9a-f]{32}$")
            yield answer

    def test_row_105_global_mode(self):
        """approval: global mode `selective` (also off/all)."""
        for mode, reads, writes in (("disabled", True, True), ("selective", True, False), ("all_code", False, False)):
            self.configure(SELECTIVE.replace("'selective'", f"'{mode}'"))
            for code, runs in (("print(1)", reads), (WRITES, writes)):
                for answer in self.ask("execute_code", language="python", code=code):
                    self.assertEqual(answer.data["success"], runs, (mode, code, answer))
                    if not runs:
                        self.assertEqual(answer.error_kind, "approval_required", answer)
                        self.assertEqual(answer.data["stdout"], "", answer)

    def test_row_106_capabilities(self):
        """approval: per capability `enabled` and `mode`: `disabled`, `all_code`, `epics_writes` (only code that writes)."""
        self.configure(SELECTIVE + """
[approval.capabilities.everything]
enabled = true
mode = 'all_code'
[approval.capabilities.nothing]
enabled = false
[approval.capabilities.free]
enabled = true
mode = 'disabled'
[approval.capabilities.writes]
enabled = true
mode = 'epics_writes'
""")
        expected = {"everything": (False, False), "nothing": (True, True), "free": (True, True), "writes": (True, False),
                    "unheard_of": (True, False)}
        for capability, (reads, writes) in expected.items():
            for code, runs in (("print(1)", reads), (WRITES, writes)):
                for answer in self.ask("execute_code", ways=("command line",), language="python", code=code,
                                       capability=capability):
                    self.assertEqual(answer.data["success"], runs, (capability, code, answer))
        for answer in self.ask("execute_code", ways=("mcp",), language="python", code="print(1)", capability="everything"):
            self.assertEqual(answer.error_kind, "approval_required", answer)

    def test_row_107_access_modes(self):
        """approval: modes table: `read_only` (allows_writes false, requires_approval false) and `write_access` (allows_writes true, requires_approval true), each with its own kernel name."""
        self.configure(SELECTIVE)
        for answer in self.ask("approvals_config"):
            modes = {mode["name"]: mode for mode in answer.data["modes"]}
            self.assertEqual((modes["read_only"]["allows_writes"], modes["read_only"]["requires_approval"]), (False, False))
            self.assertEqual((modes["write_access"]["allows_writes"], modes["write_access"]["requires_approval"]), (True, True))
            self.assertNotEqual(modes["read_only"]["kernel_name"], modes["write_access"]["kernel_name"])
        for answer in self.ask("execute_code", language="python", code="print(1)", access_mode="read_only"):
            self.assertTrue(answer.data["success"], answer)
            self.assertEqual(answer.data["kernel_name"], modes["read_only"]["kernel_name"])
        for answer in self.ask("execute_code", language="python", code=WRITES, access_mode="read_only"):
            self.assertEqual(answer.error_kind, "security_violation", answer)
        for answer in self.waiting(code="print(1)", access_mode="write_access"):
            self.assertEqual(answer.data["access_mode"], "write_access", answer)

    def test_row_108_stops_and_resumes(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        for answer in self.waiting(code=WRITES):
            approval = answer.data["approval_id"]
            self.assertNotIn("execute", [stage["name"] for stage in answer.data["stages"]])
            for shown in self.ask("approvals_show", approval_id=approval):
                self.assertEqual(shown.data["state"], "waiting", shown)
                self.assertEqual(shown.data["context"]["code"], WRITES, shown)
                self.assertEqual(shown.data["context"]["assessment"]["write_access"], "file", shown)
                self.assertTrue(shown.data["context"]["assessment"]["findings"], shown)
            # Every call above was a process of its own: the question outlived them.
            for listed in self.ask("approvals_list"):
                self.assertIn(approval, [one["approval_id"] for one in listed.data["approvals"]], listed)
            self.assertNotEqual(self.run_line("approvals", "resume", approval, "--enable", "--json").returncode, 0)
            self.approve(approval[:10], "--reason", "fine")
            resumed = self.on_command_line("approvals_resume", {"approval_id": approval})
            self.assertTrue(resumed.data["success"], resumed)
            self.assertEqual(resumed.data["stdout"], "written\n", resumed)
            self.assertEqual(resumed.data["approval_id"], approval, resumed)
            again = self.on_command_line("approvals_resume", {"approval_id": approval})
            self.assertEqual(again.error_kind, "approval_invalid", again)

    def test_row_108_a_denied_run_never_runs(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        for answer in self.waiting(code=WRITES):
            approval = answer.data["approval_id"]
            self.assertEqual(self.run_line("approvals", "deny", approval, "--reason", "not today").returncode, 0)
            resumed = self.on_command_line("approvals_resume", {"approval_id": approval})
            self.assertEqual(resumed.error_kind, "approval_denied", resumed)
            self.assertIn("not today", resumed.data["error"]["message"])
            self.assertNotEqual(self.run_line("approvals", "approve", approval).returncode, 0)

    def test_row_108_over_mcp_it_is_repeated_with_the_approval(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        client = self.client()
        call = {"language": "python", "code": WRITES}
        approval = client.call("execute_code", call).data["approval_id"]
        self.assertEqual(client.call("execute_code", {**call, "approval_id": approval}).error_kind, "approval_required")
        self.approve(approval)
        for changed in ({**call, "code": WRITES + " "}, {**call, "timeout": 77}, {**call, "files": {"a": "b"}}):
            refused = client.call("execute_code", {**changed, "approval_id": approval})
            self.assertEqual(refused.error_kind, "approval_invalid", refused)
        wider = client.call("execute_code", {**call, "network": "host", "approval_id": approval})
        self.assertEqual(wider.error_kind, "security_violation", wider)  # not even with an approval
        done = client.call("execute_code", {**call, "approval_id": approval})
        self.assertTrue(done.data["success"], done)
        self.assertEqual(client.call("execute_code", {**call, "approval_id": approval}).error_kind, "approval_invalid")
        names = [tool["name"] for tool in client.request("tools/list")["tools"]]
        self.assertNotIn("approvals_approve", names)  # an agent does not answer for the person
        client.close()

    def test_row_108_a_person_is_asked_by_elicitation(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        for yes in (True, False):
            asked = []

            def answer(message, yes=yes, asked=asked):
                asked.append(message)
                return {"action": "accept", "content": {"approve": yes}}

            client = self.client(on_request=answer, capabilities={"elicitation": {}})
            done = client.call("execute_code", {"language": "python", "code": WRITES + f"  # {yes}"})
            self.assertIn("open('out.txt', 'w')", asked[0]["params"]["message"])
            self.assertEqual(done.data.get("success"), yes, done)
            if not yes:
                self.assertEqual(done.error_kind, "approval_denied", done)
            client.close()

    def test_row_108_a_changed_script_voids_the_approval(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        self.write({"script.py": WRITES})
        waiting = self.on_command_line("execute_code", {"path": "script.py"})
        approval = waiting.data["approval_id"]
        self.approve(approval)
        self.write({"script.py": WRITES.replace("done", "DONE")})
        self.assertEqual(self.on_command_line("approvals_resume", {"approval_id": approval}).error_kind, "approval_invalid")
        self.write({"script.py": WRITES})
        self.assertTrue(self.on_command_line("approvals_resume", {"approval_id": approval}).data["success"])

    def test_row_108_a_changed_configuration_voids_the_approval(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        approval = self.on_command_line("execute_code", {"language": "python", "code": WRITES}).data["approval_id"]
        self.approve(approval)
        self.configure(SELECTIVE + "network = 'host'\n")
        self.assertEqual(self.on_command_line("approvals_resume", {"approval_id": approval}).error_kind, "approval_invalid")

    def test_row_108_a_changed_file_of_the_approval_voids_it(self):
        """approval: a run that needs approval stops before execution, returns an id and context (code, findings, safety assessment), and resumes from that point after the answer."""
        self.configure(SELECTIVE)
        approval = self.on_command_line("execute_code", {"language": "python", "code": WRITES}).data["approval_id"]
        self.approve(approval)
        (file,) = self.folder.glob(f"state/runharness/agent/*/approvals/{approval}.json")
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        file.write_text(file.read_text().replace("done", "d0ne"))
        self.assertEqual(self.on_command_line("approvals_resume", {"approval_id": approval}).error_kind, "approval_invalid")
        self.assertIn("damaged", self.run_line("approvals", "list").stdout)

    def test_row_109_configuration_is_printed(self):
        """approval: the effective approval configuration can be printed."""
        self.configure(SELECTIVE + "[approval.capabilities.plots]\nenabled = true\nmode = 'all_code'\n")
        for answer in self.ask("approvals_config"):
            self.assertEqual(answer.data["global_mode"], "selective", answer)
            self.assertEqual(answer.data["capabilities"]["plots"], {"enabled": True, "mode": "all_code"}, answer)
        text = self.run_line("approvals", "config").stdout
        self.assertIn("approval: selective", text)
        self.assertIn("capability plots: all_code", text)

    def test_row_110_a_plan_first(self):
        """review: a plan/explanation can be asked for first without executing; then yes/no (`y/n` prompt on a terminal); no gives `user_cancelled`."""
        self.configure("[approval]\nglobal_mode = 'all_code'\n")
        for answer in self.ask("plan_execution", language="python", code="print(6 * 7)"):
            self.assertEqual((answer.data["executed"], answer.data["outcome"]), (False, "asks"), answer)
            self.assertTrue(answer.data["steps"], answer)
        planned = self.run_line("exec", "--enable", "--plan", "--language", "python", "--code", "print(6 * 7)")
        self.assertEqual(planned.returncode, 0, planned)
        self.assertIn("Nothing was run", planned.stdout + planned.stderr)
        self.assertNotIn("42", planned.stdout)

    def on_terminal(self, word):
        """Exit code and everything that was printed, when the person types this word at the question."""
        words = [str(RUNHARNESS), "exec", "--enable", "--language", "python", "--code", "print(6 * 7)"]
        child, terminal = pty.fork()
        if child == 0:
            try:
                os.chdir(self.project)
                os.execve(words[0], words, self.environment)
            finally:
                os._exit(127)
        text, answered = b"", False
        while True:
            ready, _, _ = select.select([terminal], [], [], 60)
            self.assertTrue(ready, text)
            try:
                some = os.read(terminal, 65536)
            except OSError:
                break
            if not some:
                break
            text += some
            if b"[y/N]" in text and not answered:
                answered = True
                os.write(terminal, word.encode() + b"\n")
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text.decode(errors="replace")

    def test_row_110_yes_or_no_on_a_terminal(self):
        """review: a plan/explanation can be asked for first without executing; then yes/no (`y/n` prompt on a terminal); no gives `user_cancelled`."""
        self.configure("[approval]\nglobal_mode = 'all_code'\n")
        code, text = self.on_terminal("y")
        self.assertEqual(code, 0, text)
        self.assertIn("42", text)
        self.assertIn("print(6 * 7)", text)  # the person saw the code
        code, text = self.on_terminal("n")
        self.assertEqual(code, 2, text)
        self.assertIn("user_cancelled", text)
        self.assertIsNone(re.search(r"^42", text, re.MULTILINE), text)

    def test_row_111_review_before_permissive_mode(self):
        """review: code can be reviewed before permissive mode is used."""
        self.configure("[approval]\nglobal_mode = 'selective'\n")
        for answer in self.ask("execute_code", language="python", code="print(1)"):
            self.assertTrue(answer.data["success"], answer)
        for answer in self.waiting(code="print(eval('6 * 7'))", security="permissive"):
            approval = answer.data["approval_id"]
            shown = self.on_command_line("approvals_show", {"approval_id": approval})
            self.assertIn("safe mode", " ".join(shown.data["reasons"]))
            self.approve(approval)
            resumed = self.on_command_line("approvals_resume", {"approval_id": approval})
            self.assertEqual(resumed.data["stdout"], "42\n", resumed)

    def test_row_112_an_interrupted_pipeline_resumes(self):
        """checkpoint: an interrupted pipeline resumes at its last stage."""
        self.configure(SELECTIVE)
        stages = [{"name": "read", "code": "import time\nprint(time.monotonic_ns())"},
                  {"name": "write", "code": "text = open('previous_output.txt').read()\nopen('out.txt', 'w').write(text)\nprint(text, end='')"},
                  {"name": "last", "code": "print('last', open('previous_output.txt').read(), end='')"}]
        for answer in self.ask("run_pipeline", language="python", stages=stages):
            self.assertEqual(answer.error_kind, "approval_required", answer)
            self.assertEqual([stage["status"] for stage in answer.data["stages"]], ["completed", "waiting", "pending"])
            first = answer.data["stages"][0]["record"]["stdout"]
            approval = answer.data["stages"][1]["approval_id"]
            self.approve(approval)
            resumed = self.on_command_line("approvals_resume", {"approval_id": approval})
            self.assertEqual(resumed.data["status"], "completed", resumed)
            self.assertEqual(resumed.data["pipeline_id"], answer.data["pipeline_id"])
            # The first stage did not run again: its figure is the one from before.
            self.assertEqual([stage["record"]["stdout"] for stage in resumed.data["stages"]],
                             [first, first, "last " + first])

    def test_row_112_a_killed_pipeline_resumes(self):
        """checkpoint: an interrupted pipeline resumes at its last stage."""
        import signal
        import subprocess
        stages = json.dumps([{"name": "first", "code": "import time\nprint(time.monotonic_ns())"},
                             {"name": "second", "code": "import os, time\nprint('here', flush=True)\n"
                                                        "time.sleep(60 if context.get('slow', True) else 0)"}])
        running = subprocess.Popen([RUNHARNESS, "pipeline", "run", "--enable", "--language", "python", "--stages", stages],
                                   cwd=self.project, env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(running.stdout.close)
        files = lambda: list(self.folder.glob("state/runharness/agent/*/pipelines/*.json"))  # noqa: E731
        import time
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            listed = self.on_command_line("pipeline_list", {})
            if listed.data.get("pipelines") and listed.data["pipelines"][0]["completed"] == 1:
                break
        self.assertTrue(files())
        running.send_signal(signal.SIGKILL)
        running.wait(60)
        (pipeline,) = self.on_command_line("pipeline_list", {}).data["pipelines"]
        self.assertEqual((pipeline["status"], pipeline["completed"]), ("running", 1))
        self.configure("[execution]\ntimeout = 2\n")  # the second stage now ends by its time limit
        resumed = self.on_command_line("pipeline_resume", {"pipeline_id": pipeline["pipeline_id"]})
        self.assertEqual([stage["status"] for stage in resumed.data["stages"]][0], "completed", resumed)
        self.assertEqual(resumed.data["stages"][1]["record"]["stdout"], "here\n", resumed)


if __name__ == "__main__":
    unittest.main()
