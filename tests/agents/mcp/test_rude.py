"""Callers that mean harm against the real server: arguments of every wrong type and size for every tool, rights that they take
for themselves, paths that lead elsewhere, approvals that are not theirs, connections that cost memory or places. Each is told
what is wrong, nothing of the host gets out, and the server goes on serving."""

import concurrent.futures
import functools
import json
import os
import pathlib
import socket
import subprocess
import time
import unittest

import jsonschema

from mcp_harness import LEGACY, META, MODERN, HttpServer, Project, Stdio, environment

SECRET = "what-only-the-host-may-read"
WRONG = {"string": (7, True, None, [], {}), "integer": ("x", 1.5, True, None, [], 1e300), "number": ("x", True, None, []),
         "boolean": (1, "true", None, []), "array": ("x", 1, None, {}, [1], [None]), "object": ("x", 1, None, [])}
ODD = {"string": ("", "\0", "a\0b", "../../../../etc/passwd", "/etc/passwd", "--help", "x" * 200_000, "\u202e\ud83d\ude00", "%s%n", "*",
                  "latest/../../..", "${HOME}"),
       "integer": (0, -1, 2**31, -(2**63), 2**63 - 1, 2**64, 3.0), "number": (0, -1, 1e308, 5e-324, -0.0),
       "boolean": (True, False), "array": ([], [""], ["../.."], ["x"] * 5000, ["a\0b"]),
       "object": ({}, {"": ""}, {"../x": "y"}, {"a\0": "b"}, {"x": "y" * 100_000})}


def tool_call(name, arguments):
    return {"name": name, "arguments": arguments}


class Listed:
    """The entries of tools/list, and answers held against them."""

    def __init__(self, client, case):
        self.client, self.case, self.number = client, case, 100
        self.tools = {entry["name"]: entry for entry in client.ask("tools/list", number=99)["result"]["tools"]}

    def call(self, name, arguments):
        self.number += 1
        answer = self.client.ask("tools/call", tool_call(name, arguments), self.number)
        self.case.assertIn("result", answer, f"{name} {str(arguments)[:300]}: {answer}")
        result = answer["result"]
        entry = self.tools[name]
        if "outputSchema" in entry and "structuredContent" in result:
            jsonschema.Draft202012Validator(entry["outputSchema"]).validate(result["structuredContent"])
        return result


def error_of(result):
    return (result["structuredContent"].get("error") or {}) if result["isError"] else {}


class ArgumentTest(unittest.TestCase):
    def tools(self):
        folder = pathlib.Path(self.enterContext(Project()), "served")
        folder.mkdir()
        return folder, Listed(self.enterContext(Stdio("--toolset", "all", "--max-per-minute", "100000", folder=folder)), self)

    def test_wrong_types_are_named(self):
        _, listed = self.tools()
        for name, entry in listed.tools.items():
            for argument, schema in entry["inputSchema"].get("properties", {}).items():
                for value in WRONG[schema["type"]]:
                    with self.subTest(tool=name, argument=argument, value=value):
                        error = error_of(listed.call(name, {argument: value}))
                        self.assertEqual(error.get("kind"), "invalid_request", error)
                        self.assertIn(f"'{argument}'", error["message"])
            error = error_of(listed.call(name, {"no_such_argument": 1}))
            self.assertEqual(error.get("kind"), "invalid_request", name)
            self.assertIn("no_such_argument", error["message"])

    def test_missing_arguments_are_named(self):
        _, listed = self.tools()
        for name, entry in listed.tools.items():
            for argument in entry["inputSchema"].get("required", []):
                error = error_of(listed.call(name, {}))
                self.assertEqual(error.get("kind"), "invalid_request", name)
                self.assertIn(entry["inputSchema"]["required"][0], error["message"])

    def test_odd_values_break_nothing(self):
        folder, listed = self.tools()
        for name, entry in listed.tools.items():
            properties = entry["inputSchema"].get("properties", {})
            plain = {argument: {"string": "x", "array": [], "object": {}}.get(properties[argument]["type"], 1)
                     for argument in entry["inputSchema"].get("required", [])}
            for argument, schema in properties.items():
                if schema.get("enum"):
                    continue
                for value in ODD[schema["type"]]:
                    with self.subTest(tool=name, argument=argument, value=str(value)[:60]):
                        result = listed.call(name, {**plain, argument: value})
                        self.assertNotEqual(error_of(result).get("kind"), "internal_error", result)
                        self.assertNotIn("root:x:0", json.dumps(result), "a file of the host")
        self.assertEqual(os.listdir(folder.parent), ["served"], "nothing is written beside it")

    def test_an_id_is_free_when_its_answer_is_there(self):
        with Project() as folder, Stdio(folder=folder) as client:
            for _ in range(300):
                answer = client.ask("tools/call", tool_call("validate_code", {"language": "python", "code": "x = 1"}), 5)
                self.assertIn("result", answer, answer)


class RightsTest(unittest.TestCase):
    CODE = {"language": "python", "code": "print(6 * 7)"}

    def kind(self, *flags, arguments=None, tool="execute_code", **variables):
        with Project() as folder, Stdio(*flags, folder=folder, env=environment(folder, **variables)) as client:
            result = client.ask("tools/call", tool_call(tool, self.CODE if arguments is None else arguments))["result"]
            return error_of(result).get("kind")

    def test_a_caller_does_not_enable_itself_where_the_owner_says_so(self):
        asked = {**self.CODE, "enable": True, "allow_prod": True}
        for flags, variables in ((("--caller-may", "nothing"), {}), ((), {"RUNHARNESS_EXECUTION": "0"})):
            kind = functools.partial(self.kind, *flags, **variables)
            self.assertEqual(kind(arguments=asked), "not_enabled")
            self.assertEqual(kind(tool="run_pipeline", arguments={"stages": [{"name": "a", **asked}], "enable": True}), "not_enabled")
            self.assertEqual(kind(tool="execute_batch", arguments={"blocks": ["print(1)"], "language": "python", "enable": True}),
                             "not_enabled")
            self.assertEqual(kind(tool="run_tests", arguments={}), "not_enabled")
            self.assertEqual(kind(tool="profile_code", arguments={"code": "1", "enable": True}), "not_enabled")

    def test_a_caller_over_stdio_says_enable(self):
        asked = {**self.CODE, "enable": True}
        self.assertIsNone(self.kind(arguments=asked))
        self.assertEqual(self.kind(), "not_enabled", "it has to say so")
        self.assertNotEqual(self.kind(tool="run_tests", arguments={}), "not_enabled")
        self.assertEqual(self.kind(arguments=asked, APP_ENV="production"), "production_execution_blocked")
        self.assertIsNone(self.kind("--caller-may", "enable", arguments=asked))
        self.assertEqual(self.kind("--caller-may", "enable"), "not_enabled", "it has to say so")

    def test_a_caller_over_http_enables_nothing(self):
        with Project() as folder, HttpServer(folder=folder) as server:
            for tool, arguments in (("execute_code", {**self.CODE, "enable": True}), ("run_tests", {})):
                result = server.ask("tools/call", tool_call(tool, arguments))["result"]
                self.assertEqual(error_of(result).get("kind"), "not_enabled", result)

    def test_a_caller_does_not_allow_production(self):
        asked = {**self.CODE, "allow_prod": True}
        blocked = "production_execution_blocked"
        self.assertEqual(self.kind("--enable", APP_ENV="production", arguments=asked), blocked)
        self.assertEqual(self.kind("--enable", tool="run_tests", APP_ENV="production", arguments={"allow_prod": True}), blocked)
        self.assertIsNone(self.kind("--enable", "--allow-prod", APP_ENV="production"))
        self.assertIsNone(self.kind("--enable", "--caller-may", "allow_prod", APP_ENV="production", arguments=asked))
        self.assertEqual(self.kind("--enable", "--caller-may", "allow_prod", APP_ENV="production"), blocked)

    def test_tests_have_the_network_that_the_server_has(self):
        code = ("import socket\ndef test_net():\n    s = socket.create_connection(('127.0.0.1', PORT), 2)\n")
        with socket.socket() as host, Project() as folder:
            host.bind(("127.0.0.1", 0))
            host.listen(8)
            pathlib.Path(folder, "test_net.py").write_text(code.replace("PORT", str(host.getsockname()[1])))
            with Stdio("--enable", folder=folder) as client:
                result = client.ask("tools/call", tool_call("run_tests", {"preset": "local", "coverage": False}))["result"]
        self.assertEqual(error_of(result) or result["structuredContent"]["status"], "failed", result)

    def test_custom_tools_are_offered_with_the_others(self):
        with Project() as folder:
            file = pathlib.Path(folder, "config/runharness/agent.toml")
            file.parent.mkdir(parents=True)
            file.write_text('[[tools]]\nname = "greet"\ndescription = "says hello"\ncommand = ["echo", "hello"]\n')
            def names(*flags):
                with Stdio("--enable", *flags, folder=folder) as client:
                    listed = [entry["name"] for entry in client.ask("tools/list")["result"]["tools"]]
                    called = "result" in client.ask("tools/call", tool_call("greet", {}), 2)
                    self.assertEqual("greet" in listed, called, flags)
                    return listed
            self.assertIn("greet", names())
            self.assertEqual(names("--tools", "validate_code"), ["validate_code"])
            self.assertEqual(sorted(names("--tools", "validate_code,greet")), ["greet", "validate_code"])


class PathTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(Project()))
        self.outside = pathlib.Path(self.enterContext(Project()))
        self.secret = self.outside / "secret.txt"
        self.secret.write_text(SECRET)
        self.client = self.enterContext(Stdio("--enable", folder=self.folder))
        self.number = 0

    def call(self, name, **arguments):
        self.number += 1
        answer = self.client.ask("tools/call", tool_call(name, arguments), self.number)
        self.assertNotIn(SECRET, json.dumps(answer))
        return answer["result"]

    def python(self, code, **more):
        return self.call("execute_python", code=code, **more)

    def test_names_of_files(self):
        for name in ("../x", "/etc/x", "a/../../x", "a\0b", "", ".", "..", "x/", "./../x", "a//../../b", "y" * 300, "a/" * 3000 + "b"):
            with self.subTest(name=name[:40]):
                result = self.python("print(1)", files={name: "data"})
                self.assertEqual(error_of(result).get("kind"), "invalid_request", result)
        result = self.python("print(1)", files={"a": "file", "a/b": "below it"})
        self.assertIn(error_of(result).get("kind"), ("invalid_request", None), result)
        self.assertEqual(self.python("print(open('a/b.txt').read())", files={"a/b.txt": "good"})["isError"], False)

    def test_links_that_the_code_leaves(self):
        result = self.python(
            "import os\n"
            f"os.symlink({str(self.secret)!r}, 'link.txt')\nos.symlink({str(self.outside)!r}, 'folder')\nos.symlink('/', 'root')\n"
            "os.symlink('link.txt', 'twice.txt')\nos.mkfifo('pipe')\nopen('good.txt', 'w').write('fine')\n", security="permissive",
            artifacts=["*", "**/*", "link.txt", "folder/secret.txt", "root/etc/passwd", "/etc/passwd", "../*", "twice.txt", "pipe"])
        self.assertNotIn("root:x:0", json.dumps(result))
        names = [one["name"] for one in result["content"] if one["type"] == "resource_link"]
        self.assertNotIn("link.txt", names)
        listed = self.client.ask("resources/list", number=900)["result"]["resources"]
        uris = [one["uri"] for one in listed]
        execution = result["structuredContent"]["execution_id"]
        base = f"runharness://executions/{execution}/artifacts"
        uris += [f"{base}/link.txt", f"{base}/folder/secret.txt", f"{base}/root/etc/passwd", f"{base}/../../../x", f"{base}/%2e%2e/%2e%2e/x",
                 f"{base}//etc/passwd", "runharness://runs/../../etc/passwd", "file:///etc/passwd"]
        for number, uri in enumerate(uris):
            answer = json.dumps(self.client.ask("resources/read", {"uri": uri}, 1000 + number))
            self.assertNotIn(SECRET, answer, uri)
            self.assertNotIn("root:x:0", answer, uri)

    def test_links_in_the_project(self):
        (self.folder / "link.py").symlink_to(self.secret)
        (self.folder / "out").symlink_to(self.outside)
        (self.folder / "test_a.py").write_text("def test_a(): pass\n")
        for name, arguments in (("validate_code", {"file": "link.py"}), ("analyze_dependencies", {"file": "out/secret.txt", "language": "python"}),
                                ("execute_code", {"path": "link.py", "language": "python"}),
                                ("profile_script", {"script": "link.py"}), ("check_gates", {"files": ["out/secret.txt"]}),
                                ("check_gates", {"run": str(self.outside)}), ("suggest_tests", {"files": ["/etc/passwd"]}),
                                ("test_report", {"output": "out/report.md"}), ("test_report", {"run": "../../.."}),
                                ("run_tests", {"reports": ["markdown=out/report.md"]}), ("run_tests", {"paths": ["out"]})):
            with self.subTest(tool=name, arguments=arguments):
                result = self.call(name, **arguments)
                self.assertTrue(result["isError"], result)
                self.assertEqual(error_of(result)["kind"], "invalid_request", result)
        self.assertEqual(os.listdir(self.outside), ["secret.txt"])


class ApprovalTest(unittest.TestCase):
    CONFIGURATION = '[execution]\nenabled = true\n[approval]\nglobal_mode = "all_code"\n'

    def setUp(self):
        self.folder = self.enterContext(Project())
        file = pathlib.Path(self.folder, "config/runharness/agent.toml")
        file.parent.mkdir(parents=True)
        file.write_text(self.CONFIGURATION)

    def test_helpers_of_a_language_are_repeated_with_the_approval(self):
        from mcp_harness import RUNHARNESS
        with Stdio(folder=self.folder) as client:
            def ask(number, **arguments):
                return client.ask("tools/call", tool_call("execute_python", {"code": "print(6 * 7)", **arguments}), number)["result"]
            approval = ask(1)["structuredContent"]["approval_id"]
            subprocess.run([RUNHARNESS, "approvals", "approve", approval], cwd=self.folder, env=environment(self.folder), check=True,
                           capture_output=True, stdin=subprocess.DEVNULL)
            self.assertEqual(ask(2, approval_id=approval)["structuredContent"]["stdout"], "42\n")

    def test_an_approval_is_for_one_run_of_one_code(self):
        from mcp_harness import RUNHARNESS
        arguments = {"language": "python", "code": "print('approved')"}
        with HttpServer(folder=self.folder) as server:
            def ask(arguments, number=1):
                return server.ask("tools/call", tool_call("execute_code", arguments), number)["result"]
            waiting = ask(arguments)
            self.assertEqual(error_of(waiting)["kind"], "approval_required", waiting)
            approval = waiting["structuredContent"]["approval_id"]
            for tampered in (approval[:-1] + ("0" if approval[-1] != "0" else "1"), "", "../" + approval, approval + "x", "*", "0" * 32):
                self.assertNotIn("approved\n", json.dumps(ask({**arguments, "approval_id": tampered})))
            for name in ("approve", "approvals_approve"):
                self.assertIn("error", server.ask("tools/call", tool_call(name, {"approval_id": approval})))
            subprocess.run([RUNHARNESS, "approvals", "approve", approval], cwd=self.folder, env=environment(self.folder), check=True,
                           capture_output=True, stdin=subprocess.DEVNULL)
            other = ask({**arguments, "code": "print('another')", "approval_id": approval})
            self.assertEqual(error_of(other)["kind"], "approval_invalid", other)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                results = list(pool.map(lambda number: ask({**arguments, "approval_id": approval}, number), range(2, 10)))
            ran = [one for one in results if not one["isError"]]
            self.assertEqual(len(ran), 1, results)
            again = ask({**arguments, "approval_id": approval})
            self.assertEqual(error_of(again)["kind"], "approval_invalid", again)


class ConnectionTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(Project())
        self.server = self.enterContext(HttpServer("--enable", folder=self.folder))

    def rss_mb(self):
        text = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) // 1024

    def head(self, length):
        return (f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nContent-Type: application/json\r\n"
                f"Accept: application/json\r\nContent-Length: {length}\r\n\r\n").encode()

    def serves(self):
        answer = self.server.ask("tools/call", tool_call("validate_code", {"language": "python", "code": "x = 1"}))
        self.assertIn("result", answer)

    def test_half_bodies_give_way(self):
        held = []
        for _ in range(560):
            one = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
            one.sendall(self.head(1000) + b"{")
            held.append(one)
        self.serves()
        for one in held:
            one.close()

    def test_bodies_that_say_more_than_they_send(self):
        held = [socket.create_connection(("127.0.0.1", self.server.port), timeout=30) for _ in range(100)]
        for one in held:
            one.sendall(self.head(32 << 20) + b"[" * 1000)
        self.serves()
        self.assertLess(self.rss_mb(), 200)
        for one in held:
            one.close()

    def test_many_large_bodies_at_once(self):
        part = b"x" * (1 << 20)
        held, refused = [], 0
        for _ in range(20):
            one = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
            held.append(one)
            try:
                one.sendall(self.head(32 << 20))
                for _ in range(20):
                    one.sendall(part)
            except OSError:
                refused += 1
        self.serves()
        self.assertLess(self.rss_mb(), 700)
        self.assertGreater(refused, 0, "all of them together are more than the server holds")
        for one in held:
            one.close()

    def test_a_small_message_that_is_a_large_tree(self):
        for body in (b"[" + b"[]," * (8 << 20) + b"[]]", b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[' + b"0," * (12 << 20) + b"0]}}"):
            status, _, text = self.server.post(body)
            self.assertEqual((status, json.loads(text)["error"]["code"]), (400, -32600), text)
            self.assertIn("values", json.loads(text)["error"]["message"])
        self.assertLess(self.rss_mb(), 300)
        self.serves()

    def test_answers_that_nobody_reads(self):
        listing = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}).encode()
        request = self.head(len(listing)).replace(b"\r\n\r\n", f"\r\nMCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/list\r\n\r\n"
                                                  .encode()) + listing
        held = []
        for _ in range(100):
            one = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            one.setblocking(False)
            try:
                one.send(request * 50)
            except BlockingIOError:
                pass
            held.append(one)
        self.serves()
        self.assertLess(self.rss_mb(), 400)
        for one in held:
            one.close()

    def test_chunks_that_are_none(self):
        start = (f"POST /mcp HTTP/1.1\r\nHost: localhost:{self.server.port}\r\nContent-Type: application/json\r\n"
                 "Accept: */*\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
        for chunks in (b"-1\r\nx\r\n", b"ffffffffffffffffff\r\nx", b"zz\r\n", b"1" * 5000 + b"\r\n", b"0x10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
                       b"2;" + b"e" * 100_000 + b"\r\n{}\r\n0\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as one:
                try:
                    one.sendall(start + chunks)
                    one.shutdown(socket.SHUT_WR)
                    got = b""
                    while part := one.recv(65536):
                        got += part
                except ConnectionResetError:
                    pass
                self.assertNotIn(b" 200 ", got[:20], chunks[:30])
        self.serves()

    def test_a_hundred_callers_get_their_own(self):
        def ask(number):
            answer = self.server.ask("tools/call", tool_call("execute_bash", {"script": f"echo mine-{number}"}), number, timeout=300)
            return number, answer["id"], answer["result"]["structuredContent"].get("stdout")
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            for number, back, text in pool.map(ask, range(1, 101)):
                self.assertEqual((back, text), (number, f"mine-{number}\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
