"""The real server: its tools and schemas, many calls at once, progress, cancellation, resources, questions, quotas, secrets."""

import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
import unittest

from mcp_harness import LEGACY, META, MODERN, HttpServer, Project, Stdio, environment, messages

ELICITATION = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
APPROVAL = "[execution]\nenabled = true\n[approval]\nglobal_mode = \"all_code\"\n"


def python(code, **more):
    return {"name": "execute_python", "arguments": {"code": code, **more}}


def own_configuration(folder, text):
    """The user's own: a project may not switch approvals off or executing on."""
    path = pathlib.Path(folder) / "config/runharness"
    path.mkdir(parents=True)
    (path / "agent.toml").write_text(text)


class Started(Stdio):
    """A legacy client that has shaken hands and may answer what it is asked."""

    def __init__(self, *flags, version=LEGACY, capabilities=None, answer=None, **more):
        super().__init__(*flags, **more)
        self.answer, self.seen = answer, []
        self.call("initialize", {"protocolVersion": version, "capabilities": capabilities or {},
                                 "clientInfo": {"name": "tests", "version": "1"}}, 0)
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, method, params, number):
        self.write({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return self.wait(number)

    def wait(self, number):
        while True:
            message = self.read()
            if "method" in message and "id" in message:
                self.write({"jsonrpc": "2.0", "id": message["id"], "result": self.answer(message)})
            elif "method" in message:
                self.seen.append(message)
            elif message.get("id") == number:
                return message


class ToolsTest(unittest.TestCase):
    def test_lists_are_in_order_and_have_schemas(self):
        with Project() as folder, Stdio(folder=folder) as client:
            first = client.ask("tools/list")["result"]
            second = client.ask("tools/list", number=2)["result"]
        self.assertEqual(first["tools"], second["tools"])
        self.assertEqual((first["resultType"], first["cacheScope"]), ("complete", "public"))
        self.assertGreater(first["ttlMs"], 0)
        for tool in first["tools"]:
            self.assertRegex(tool["name"], r"^[A-Za-z0-9_.-]{1,128}$")
            self.assertEqual(tool["inputSchema"]["type"], "object", tool["name"])
            self.assertFalse(tool["inputSchema"]["additionalProperties"], tool["name"])
            self.assertEqual(tool.get("outputSchema", {"type": "object"})["type"], "object", tool["name"])
            self.assertLessEqual({"readOnlyHint", "destructiveHint"}, set(tool["annotations"]), tool["name"])

    def test_a_choice_of_tools(self):
        with Project() as folder, Stdio("--tools", "execute_python,validate_code", folder=folder) as client:
            self.assertEqual([tool["name"] for tool in client.ask("tools/list")["result"]["tools"]],
                             ["execute_python", "validate_code"])
            self.assertEqual(client.ask("tools/call", {"name": "execute_bash", "arguments": {}}, 2)["error"]["code"], -32602)
        with Project() as folder, Stdio("--no-aliases", folder=folder) as client:
            names = {tool["name"] for tool in client.ask("tools/list")["result"]["tools"]}
            self.assertNotIn("execution_run_python", names)
        with Project() as folder, Stdio("--tools", "execute_pyton", folder=folder) as client:
            self.assertEqual(client.process.wait(20), 2)
            self.assertIn("execute_python", client.process.stderr.read().decode())

    def test_executing_is_off_until_it_is_enabled(self):
        with Project() as folder, Stdio(folder=folder) as client:
            answer = client.ask("tools/call", python("print(1)"))["result"]
            self.assertTrue(answer["isError"])
            self.assertEqual(answer["structuredContent"]["error"]["kind"], "not_enabled")

    def test_old_clients_get_the_record_as_text(self):
        with Project() as folder, Started("--enable", folder=folder, version="2025-03-26") as client:
            result = client.call("tools/call", python("print(2)"), 1)["result"]
            self.assertNotIn("structuredContent", result)
            self.assertEqual(json.loads(result["content"][0]["text"])["stdout"], "2\n")

    def test_batches_of_the_revision_that_has_them(self):
        with Project() as folder, Started(folder=folder, version="2025-03-26") as client:
            client.write([{"jsonrpc": "2.0", "id": number, "method": "ping"} for number in (5, 6)])
            self.assertEqual(sorted(one["id"] for one in client.read()), [5, 6])


class ManyCallsTest(unittest.TestCase):
    CALLS = 100

    def test_stdio(self):
        with Project() as folder, Stdio("--enable", folder=folder) as client:
            for number in range(self.CALLS):
                client.write({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                              "params": {**python(f"print('call {number} ' * 20)"), "_meta": META}})
            answers = [client.read() for _ in range(self.CALLS)]
        self.assertEqual(sorted(one["id"] for one in answers), list(range(self.CALLS)))
        for one in answers:
            self.assertEqual(one["result"]["structuredContent"]["stdout"], f"call {one['id']} " * 20 + "\n")

    def test_http(self):
        answers = {}
        with Project() as folder, HttpServer("--enable", folder=folder) as server:
            def ask(number):
                answers[number] = server.ask("tools/call", python(f"print({number})"), number, timeout=240)

            threads = [threading.Thread(target=ask, args=(number,)) for number in range(self.CALLS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for number in range(self.CALLS):
            self.assertEqual(answers[number]["id"], number)
            self.assertEqual(answers[number]["result"]["structuredContent"]["stdout"], f"{number}\n")

    def test_a_quota(self):
        with Project() as folder, Stdio("--enable", "--max-per-minute", "2", folder=folder) as client:
            kinds = [client.ask("tools/call", {"name": "safety_check", "arguments": {}}, number)["result"]["structuredContent"]
                     .get("error", {}).get("kind") for number in range(3)]
        self.assertEqual(kinds, [None, None, "quota_exceeded"])


class CancellationTest(unittest.TestCase):
    SLEEP = "import time\nprint('begun and going on', flush=True)\ntime.sleep({})"

    def begin(self, client, seconds, number=1):
        """A call that is certainly running: its output came as progress."""
        client.write({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                      "params": {**python(self.SLEEP.format(seconds), timeout=300), "_meta": {**META, "progressToken": "p"}}})
        while True:
            message = client.read()
            self.assertNotIn("result", message, "the call must still run")
            if "begun" in message.get("params", {}).get("message", ""):
                return

    @staticmethod
    def sleepers(seconds):
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes()
                children = path.parent.joinpath("stat").read_text()
            except OSError:
                continue
            if f"sleep({seconds})".encode() in words and ") Z " not in children:
                found.append(path.parent.name)
        return found

    def test_over_stdio(self):
        with Project() as folder, Stdio("--enable", folder=folder) as client:
            self.begin(client, 301)
            client.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
            self.assertEqual(client.ask("tools/call", python("print(1)"), 2)["result"]["structuredContent"]["stdout"], "1\n")

    def test_the_end_of_input_ends_the_server_and_its_work(self):
        with Project() as folder, Stdio("--enable", folder=folder) as client:
            self.begin(client, 302)
            client.process.stdin.close()
            self.assertEqual(client.process.wait(60), 0)
            client.process.stdin = open(os.devnull, "wb")
        self.assertEqual(self.sleepers(302), [])

    def test_a_signal_ends_it(self):
        with Project() as folder, Stdio("--enable", folder=folder) as client:
            self.begin(client, 303)
            client.process.send_signal(signal.SIGTERM)
            self.assertEqual(client.process.wait(60), 128 + signal.SIGTERM)
        self.assertEqual(self.sleepers(303), [])

    def test_a_client_that_hangs_up(self):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {**python(self.SLEEP.format(304), timeout=300), "_meta": {**META, "progressToken": 1}}}).encode()
        with Project() as folder, HttpServer("--enable", "--max-concurrent", "1", folder=folder) as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
                connection.sendall((f"POST /mcp HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Type: application/json\r\n"
                                    f"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {MODERN}\r\n"
                                    f"Mcp-Method: tools/call\r\nMcp-Name: execute_python\r\n"
                                    f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
                got = b""
                while b"begun" not in got:
                    part = connection.recv(65536)
                    self.assertTrue(part, got)
                    got += part
                self.assertIn(b"X-Accel-Buffering: no", got)
                held = server.ask("tools/call", python("print(1)"), 2)["result"]["structuredContent"]
                self.assertEqual(held["error"]["kind"], "quota_exceeded", "the first call still runs")
            # One call at a time: this one runs as soon as the first has really ended.
            deadline = time.monotonic() + 60
            for number in itertools.count(3):
                answer = server.ask("tools/call", python("print(2)"), number)["result"]["structuredContent"]
                if answer.get("stdout") == "2\n" or time.monotonic() > deadline:
                    break
            self.assertEqual(answer.get("stdout"), "2\n", answer)


class ApprovalTest(unittest.TestCase):
    def test_modern_client_is_asked_and_says_yes(self):
        with Project() as folder:
            own_configuration(folder, APPROVAL)
            with Stdio(folder=folder) as client:
                asked = client.ask("tools/call", python("print(5)"), 1, ELICITATION)["result"]
                self.assertEqual(asked["resultType"], "input_required", asked)
                (name, request), = asked["inputRequests"].items()
                self.assertEqual(request["method"], "elicitation/create")
                self.assertIn("print(5)", request["params"]["message"])
                again = {**python("print(5)"), "requestState": asked["requestState"],
                         "inputResponses": {name: {"action": "accept", "content": {"approve": True}}}}
                changed = {**again, "arguments": {"code": "print(6)"}}
                self.assertEqual(client.ask("tools/call", changed, 2, ELICITATION)["error"]["code"], -32602)
                answer = client.ask("tools/call", again, 3, ELICITATION)["result"]
                self.assertEqual(answer["structuredContent"]["stdout"], "5\n", answer)
                self.assertEqual(client.ask("tools/call", again, 4, ELICITATION)["error"]["code"], -32602, "once only")

    def test_modern_client_says_no(self):
        with Project() as folder:
            own_configuration(folder, APPROVAL)
            with Stdio(folder=folder) as client:
                asked = client.ask("tools/call", python("print(5)"), 1, ELICITATION)["result"]
                name = next(iter(asked["inputRequests"]))
                for number, answer in enumerate(({"action": "decline"}, {"action": "accept", "content": {"approve": False}})):
                    asked = client.ask("tools/call", python(f"print({number})"), 10 + number, ELICITATION)["result"]
                    said = client.ask("tools/call", {**python(f"print({number})"), "requestState": asked["requestState"],
                                                     "inputResponses": {name: answer}}, 20 + number, ELICITATION)["result"]
                    self.assertEqual(said["structuredContent"]["error"]["kind"], "approval_denied", said)

    def test_client_that_cannot_ask(self):
        with Project() as folder:
            own_configuration(folder, APPROVAL)
            with Stdio(folder=folder) as client:
                answer = client.ask("tools/call", python("print(5)"))["result"]
                self.assertTrue(answer["isError"])
                self.assertEqual(answer["structuredContent"]["error"]["kind"], "approval_required")

    def test_legacy_client(self):
        with Project() as folder:
            own_configuration(folder, APPROVAL)
            for approve, expected in ((True, "7\n"), (False, None)):
                with Started(folder=folder, capabilities={"elicitation": {}},
                             answer=lambda message: {"action": "accept", "content": {"approve": approve}}) as client:
                    result = client.call("tools/call", python("print(7)"), 1)["result"]["structuredContent"]
                    self.assertEqual(result.get("stdout"), expected, result)


class ResourcesTest(unittest.TestCase):
    def test_executions_and_artifacts(self):
        with Project() as folder, Stdio("--enable", folder=folder) as client:
            run = client.ask("tools/call", python("open('made here.txt', 'w').write('inside')", safe_mode=False))["result"]
            record = run["structuredContent"]
            links = [part["uri"] for part in run["content"] if part["type"] == "resource_link"]
            self.assertEqual(len(links), 1, run)
            contents = client.ask("resources/read", {"uri": links[0]}, 2)["result"]["contents"]
            self.assertEqual(contents[0]["text"], "inside")
            stored = client.ask("resources/read", {"uri": f"runharness://executions/{record['execution_id']}"}, 3)
            self.assertEqual(json.loads(stored["result"]["contents"][0]["text"])["execution_id"], record["execution_id"])

    def test_paths_that_lead_elsewhere(self):
        with Project() as folder, Stdio("--enable", folder=folder) as client:
            record = client.ask("tools/call", python("print(1)"))["result"]["structuredContent"]
            (folder / ".runharness/runs/x").mkdir(parents=True, exist_ok=True)
            (folder / ".runharness/runs/x/link.txt").symlink_to("/etc/passwd")
            number = record["execution_id"]
            uris = ("file:///etc/passwd", "runharness://runs/../../etc/passwd", "runharness://runs/x/link.txt",
                    "runharness://runs/x/%2e%2e/%2e%2e/secret", "runharness://runs/%2Fetc/passwd",
                    f"runharness://executions/{number}/artifacts/../../../../etc/passwd",
                    f"runharness://executions/{number}/artifacts//etc/passwd", "runharness://executions/..",
                    "runharness://runs/x/%00", "runharness://runs/x/%zz", "runharness://", "runharness://nothing/here")
            for request, uri in enumerate(uris, 2):  # an id is used once in a session
                with self.subTest(uri=uri):
                    self.assertEqual(client.ask("resources/read", {"uri": uri}, request)["error"]["code"], -32602)


class SecretsTest(unittest.TestCase):
    def test_secrets_do_not_leave(self):
        secret = "correct-horse-battery-staple-91"
        with Project() as folder, Stdio("--enable", folder=folder, env=environment(folder, DEPLOY_TOKEN=secret)) as client:
            half = len(secret) // 2
            code = (f"import sys, time\nsys.stdout.write({secret[:half]!r})\nsys.stdout.flush()\ntime.sleep(0.2)\n"
                    f"print({secret[half:]!r})\nprint({secret!r}, file=sys.stderr)")
            client.write({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                          "params": {**python(code), "_meta": {**META, "progressToken": 1}}})
            while True:
                line = client.process.stdout.readline().decode()
                self.assertNotIn(secret, line)
                if '"id":1' in line:
                    break
        self.assertIn("[redacted:DEPLOY_TOKEN]", json.loads(line)["result"]["structuredContent"]["stdout"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
