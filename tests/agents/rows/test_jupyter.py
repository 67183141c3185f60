"""Code on a Jupyter server that the configuration names: against a real one with ipykernel (the referee of prepare.py), and
against ones that misbehave."""

import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import jupyter_servers as servers  # noqa: E402
from harness import RowTest  # noqa: E402
from referees import need_chosen  # noqa: E402
from test_notebooks import notebook  # noqa: E402

REFEREE = ("RUNHARNESS_JUPYTER", "jupyter/bin/python")


class JupyterTest(RowTest):
    def use(self, server, token=servers.TOKEN, more=""):
        self.configure(f'[execution.container]\njupyter_host = "127.0.0.1"\njupyter_port = {server.port}\n{more}')
        self.environment.pop("JUPYTER_TOKEN", None)
        if token:
            self.environment["JUPYTER_TOKEN"] = token

    def run_code(self, code="print(6 * 7)", **more):
        yield from self.ask("execute_code", **{"language": "python", "code": code, "execution_method": "container", "security": "permissive", **more})


class Real(JupyterTest):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.RealServer(need_chosen(*REFEREE))
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.use(self.server)

    def tearDown(self):
        self.assertEqual(self.server.kernels(), [], "a kernel is left")

    def test_row_073_code_runs_on_the_server(self):
        """container settings: with a Jupyter host the code runs in a kernel of that server, and the record has the same shape."""
        code = "import os, sys\nprint(6 * 7)\nprint('err', file=sys.stderr)\nresult = {'a': [1, 2]}\nopen('out.txt', 'w').write('x')\n'shown'"
        for answer in self.run_code(code, timeout=100):
            self.assertTrue(answer.data["success"], answer)
            self.assertEqual((answer.data["stdout"], answer.data["stderr"], answer.data["exit_code"]), ("42\n", "err\n", 0), answer)
            self.assertEqual((answer.data["results"], answer.data["files"]), ({"a": [1, 2]}, ["out.txt"]), answer)
            self.assertEqual(pathlib.Path(answer.data["artifacts"][0]["path"]).read_text(), "x")
            self.assertEqual((answer.data["runtime"]["name"], answer.data["runtime"]["server"]),
                             ("python3", f"http://127.0.0.1:{self.server.port}"))
            self.assertEqual((answer.data["limits"]["timeout"], answer.data["limits"]["memory"]), (100, None), answer)
            self.assertEqual((answer.data["isolation"]["level"], answer.data["isolation"]["network"]), (None, None), answer)
            metrics = answer.data["metrics"]
            self.assertEqual((metrics["memory_used"], metrics["cpu_percent"], metrics["samples"]), (None, None, None), answer)
            for name in ("memory_used", "cpu_percent", "samples"):
                self.assertIn("Jupyter", metrics["reasons"][name], answer)
            self.assertNotIn(servers.TOKEN, str(answer.data))

    def test_row_073_files_variables_and_input_reach_it(self):
        """container settings: files, variables, arguments, context and standard input reach the kernel."""
        code = "import os, sys\nprint(open('d/a.csv').read(), os.environ['DEBUG'], context['n'], input(), os.path.exists('b'))"
        for answer in self.run_code(code, files={"d/a.csv": "1,2", "b": ""}, env_vars={"DEBUG": "yes"}, context={"n": 5},
                                    stdin="line\n"):
            self.assertEqual(answer.data["stdout"], "1,2 yes 5 line True\n", answer)
            self.assertEqual(answer.data["files"], [], answer)

    def test_row_073_errors_are_errors_of_the_code(self):
        """container settings: an exception there is a code error with its traceback, and an exit code is one."""
        for answer in self.run_code("print('before')\n1 / 0"):
            self.assertEqual((answer.error_kind, answer.data["stdout"], answer.data["exit_code"]), ("code_error", "before\n", 1), answer)
            self.assertIn("ZeroDivisionError: division by zero", answer.data["error"]["message"])
            self.assertIn("Traceback", answer.data["stderr"])
            self.assertNotIn("\x1b", answer.data["stderr"])
        for ending, code in (("sys.exit(3)", 3), ("exit()", 0), ("raise SystemExit", 0)):
            for answer in self.run_code(f"import sys\n{ending}\nprint('after')", ways=("command line",)):
                self.assertEqual((answer.data["exit_code"], answer.data["stdout"], answer.data["stderr"]), (code, "", ""), answer)
                self.assertEqual(answer.data["success"], code == 0, answer)

    def test_row_073_time_is_kept(self):
        """container settings: the time limit interrupts the code, and its kernel is gone."""
        for answer in self.run_code("import time\nprint('begun', flush=True)\ntime.sleep(60)", timeout=2):
            self.assertEqual((answer.error_kind, answer.data["stdout"], answer.data["status"]), ("timeout", "begun\n", "timeout"), answer)
            self.assertLess(answer.data["duration_seconds"], 30, answer)
        for answer in self.run_code("while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass", timeout=1,
                                    ways=("command line",)):
            self.assertEqual((answer.error_kind, answer.code), ("timeout", 124), answer)

    def test_row_073_a_dead_kernel_is_named(self):
        """container settings: a kernel that dies is told, not waited for."""
        for answer in self.run_code("print('before', flush=True)\nimport os, signal, time\ntime.sleep(0.5)\nos.kill(os.getpid(), signal.SIGKILL)",
                                    timeout=120):
            self.assertEqual((answer.error_kind, answer.data["stdout"]), ("code_error", "before\n"), answer)
            self.assertIn("kernel died", answer.data["error"]["message"])
            self.assertLess(answer.data["duration_seconds"], 60, answer)

    def test_row_073_cancelling_removes_the_kernel(self):
        """container settings: a cancelled call interrupts the code there and removes its kernel."""
        client = self.client()
        number = client.start("tools/call", {"name": "execute_code", "arguments": {
            "language": "python", "code": "import time\nprint('begun', flush=True)\ntime.sleep(120)", "timeout": 300, "security": "permissive",
            "execution_method": "container"}, "_meta": {"progressToken": "p"}})
        with client.condition:
            self.assertTrue(client.condition.wait_for(
                lambda: any("begun" in str(one.get("params", {}).get("message")) for one in client.notifications), 60))
        client.notify("notifications/cancelled", {"requestId": number})
        deadline = time.monotonic() + 30
        while self.server.kernels() and time.monotonic() < deadline:
            threading.Event().wait(0.1)
        self.assertEqual(self.server.kernels(), [])

    def test_row_073_figures_are_artifacts(self):
        """container settings: figures that the kernel shows are pictures of the run."""
        code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
        for answer in self.run_code(code, ways=("command line",), timeout=120):
            self.assertEqual([pathlib.Path(path).name for path in answer.data["figure_paths"]], ["figure_1.png"], answer)
            self.assertTrue(pathlib.Path(answer.data["figure_paths"][0]).read_bytes().startswith(b"\x89PNG"))

    def test_row_073_notebooks_run_there(self):
        """container settings: a notebook's cells run in one kernel of the server, and their outputs are in the written one."""
        self.write({"a.ipynb": notebook("x = 6", "print('out')\nx * 7", "1 / 0", "print('after')")})
        for answer in self.ask("execute_code", path="a.ipynb", execution_method="container"):
            self.assertEqual(answer.error_kind, "code_error", answer)
            import json
            cells = json.loads(pathlib.Path(answer.data["notebook_link"]).read_text())["cells"]
            self.assertEqual(cells[1]["outputs"][1]["data"]["text/plain"], "42", answer)
            self.assertEqual((cells[2]["outputs"][0]["ename"], cells[3]["outputs"]), ("ZeroDivisionError", []), answer)
            self.assertEqual(len(answer.data["steps"]), 3)

    def test_row_073_what_it_cannot_do_is_refused(self):
        """container settings: what a server cannot do is refused by name, and limits that are not held there are named."""
        for more, word in (({"packages": ["numpy"]}, "packages"), ({"session_id": "s"}, "session")):
            for answer in self.run_code(ways=("command line",), **more):
                self.assertEqual(answer.error_kind, "invalid_request", answer)
                self.assertIn(word, answer.data["error"]["message"])
        for answer in self.run_code(memory_limit="128m"):
            self.assertTrue(any("memory_limit" in one["message"] for one in answer.data["diagnostics"]), answer)
        for answer in self.run_code("println(1)", language="java"):
            self.assertEqual(answer.error_kind, "runtime_missing", answer)
            self.assertIn("python3 (python)", answer.data["error"]["message"])

    def test_row_073_145_the_kernel_of_an_access_mode(self):
        """container settings: the kernel that the configuration names for an access mode is used, or its absence told."""
        self.use(self.server, more='\n[execution.modes.read_only]\nkernel_name = "no-such-kernel"\n')
        for answer in self.run_code():
            self.assertEqual(answer.error_kind, "runtime_missing", answer)
            self.assertIn("no-such-kernel", answer.data["error"]["message"])
        self.use(self.server, more='\n[execution.modes.read_only]\nkernel_name = "python3"\n')
        for answer in self.run_code():
            self.assertEqual((answer.data["runtime"]["name"], answer.data["stdout"]), ("python3", "42\n"), answer)

    def test_row_073_a_wrong_token_is_told(self):
        """container settings: a missing or wrong token is a clear error."""
        for token, word in (("", "wants a token"), ("wrong", "does not take the token")):
            self.use(self.server, token)
            for answer in self.run_code():
                self.assertEqual((answer.error_kind, answer.data["stdout"]), ("service_unavailable", ""), answer)
                self.assertIn(word, answer.data["error"]["message"])


class Rude(JupyterTest):
    """Servers that do not do what they should: each is a clear error within a bounded time, and a kernel that began is removed."""

    def against(self, word, kind="service_unavailable", removed=True, timeout=3, **script):
        server = servers.FakeServer(**script)
        self.addCleanup(server.close)
        self.use(server)
        began = time.monotonic()
        for answer in self.run_code(timeout=timeout, ways=("command line",)):
            self.assertEqual(answer.error_kind, kind, answer)
            self.assertIn(word, answer.data["error"]["message"], answer)
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(("DELETE", "/api/kernels/0-1-2") in server.asked, removed, server.asked)

    def test_row_073_unreachable_endpoint(self):
        """container settings: unreachable endpoint is a clear error, not a hang."""
        self.configure(f'[execution.container]\njupyter_host = "127.0.0.1"\njupyter_port = {servers.free_port()}\n')
        for answer in self.run_code():
            self.assertEqual((answer.error_kind, answer.data["stdout"]), ("service_unavailable", ""), answer)
            self.assertIn("127.0.0.1", answer.data["error"]["message"])

    def test_row_073_what_is_no_jupyter_server(self):
        """container settings: what answers but is no Jupyter server is a clear error."""
        self.against("no Jupyter server", removed=False, kernelspecs=(200, b"<html>hello</html>", "text/html"))
        self.against("no Jupyter server", removed=False, kernelspecs=(200, []))
        self.against("no Jupyter server", removed=False, kernelspecs=(200, {"kernelspecs": 5}))
        self.against("HTTP 500: broken", removed=False, kernelspecs=(500, {"message": "broken"}))
        self.against("token", removed=False, kernelspecs=(302, b""))
        self.against("it has none", "runtime_missing", removed=False, kernelspecs=(200, {"kernelspecs": {}}))
        self.against("longer than allowed", removed=False, kernelspecs=(200, b"[" + b"1," * (5 << 20) + b"1]"))

    def test_row_073_servers_that_hang(self):
        """container settings: a server that hangs at any step is a clear error within a bounded time."""
        self.against("in time", removed=False, hang="kernelspecs")

    def test_row_073_kernels_that_cannot_be_had(self):
        """container settings: a kernel that cannot be started or reached is a clear error, and is removed."""
        self.against("HTTP 503", removed=False, start=(503, {"message": "no capacity"}))
        self.against("no Jupyter server", removed=False, start=(201, {"id": "../../x"}))
        self.against("HTTP 404", channel=(404, b""))
        self.against("it is none", kernel=lambda message: [b"hello"])
        self.against("read a message", kernel=lambda message: [None])

    def test_row_073_kernels_that_misbehave(self):
        """container settings: nonsense, silence and floods while the code runs end it with a clear error."""
        def during(*messages):
            return lambda message: servers.ready(message) or (list(messages) if servers.is_code(message) else servers.done(message))

        self.against("no message", kernel=during(b"[]"))
        self.against("lost", kernel=during(None))
        self.against("wall clock", "timeout", kernel=during())
        self.against("kernel died", "code_error", kernel=during(
            {"header": {"msg_type": "status"}, "parent_header": {}, "content": {"execution_state": "restarting"}}))

        def flood(message):
            if not servers.is_code(message):
                yield from servers.ready(message) or servers.done(message)
                return
            for _ in range(200):
                yield servers.reply(message, "stream", {"name": "stdout", "text": "x" * (1 << 20)})

        self.against("output", "output_limit", kernel=flood, timeout=60)

    def test_row_073_other_types_than_promised(self):
        """container settings: members of another type than the protocol has do no harm."""
        def odd(message):
            if not servers.is_code(message):
                return servers.ready(message) or servers.done(message)
            return [servers.reply(message, "stream", {"name": 5, "text": ["x"]}), servers.reply(message, "display_data", {"data": []}),
                    servers.reply(message, "display_data", {"data": {"image/png": "%%%"}}), servers.reply(message, "error", {"traceback": 7}),
                    {"header": 5, "parent_header": 6, "content": 7}] + servers.done(message, execution_count="many")

        server = servers.FakeServer(kernel=odd)
        self.addCleanup(server.close)
        self.use(server)
        for answer in self.run_code(ways=("command line",)):
            self.assertIn(answer.error_kind, (None, "", "service_unavailable"), answer)

    def test_row_073_without_the_helper(self):
        """container settings: where the helper for Jupyter is not installed, that is said."""
        self.configure('[execution.container]\njupyter_host = "127.0.0.1"\n')
        self.environment["RUNHARNESS_JUPYTER_PROGRAM"] = "/nonexistent/runharness-jupyter"
        for answer in self.run_code():
            self.assertEqual(answer.error_kind, "service_unavailable", answer)
            self.assertIn("runharness-jupyter", answer.data["error"]["message"])


if __name__ == "__main__":
    unittest.main()
