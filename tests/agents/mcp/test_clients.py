"""Real clients against the real server, over stdio and HTTP: the Python SDK of both eras, the Inspector, PydanticAI and
LangGraph's adapter."""

import json
import os
import subprocess
import unittest

from mcp_harness import REPOSITORY, RUNHARNESS, HttpServer, Project, environment, need
from referees import INSPECTOR, NODE, main

HERE = REPOSITORY / "tests/agents/mcp"
EXAMPLES = REPOSITORY / "docs/agents/examples"
NAMES = {"execution_execute_code", "execution_run_python", "execution_run_bash", "execute_code", "run_tests", "validate_code",
         "handle_error", "create_demo", "execute_python", "execute_javascript", "execute_bash"}


class ClientTest(unittest.TestCase):
    def run_client(self, folder, *command):
        done = subprocess.run(command, cwd=folder, env=environment(folder, RUNHARNESS=str(RUNHARNESS)), capture_output=True,
                              text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout


class SdkTest(ClientTest):
    def check(self, output, version, server):
        seen = json.loads(output.splitlines()[-1])
        self.assertEqual((seen["version"], seen["server"]), (version, server))
        self.assertLessEqual(NAMES, set(seen["tools"]))
        self.assertEqual((seen["stdout"], seen["is_error"]), ("42\n", False))
        self.assertTrue(seen["wrong"])
        self.assertIn("'code'", seen["wrong_text"], "the message must name what was meant")
        values = [value for value, _ in seen["progress"]]
        self.assertEqual(values, sorted(set(values)), "progress must grow")
        self.assertGreaterEqual(len(values), 1)
        self.assertIn("runharness://executions", seen["resources"])
        self.assertGreaterEqual(len(seen["executions"]), 1)
        self.assertEqual(seen["many"], [str(number) for number in range(10)])

    def both_ways(self, client, version, server="runharness"):
        with Project() as folder:
            self.check(self.run_client(folder, *client, "stdio", RUNHARNESS, "mcp", "--enable"), version, server)
        with Project() as folder, HttpServer("--enable", folder=folder) as http:
            self.check(self.run_client(folder, *client, "http", http.url), version, server)

    def test_python_sdk_of_the_legacy_era(self):
        self.both_ways([need("sdk1/bin/python"), HERE / "client_sdk1.py"], "2025-11-25")

    def test_python_sdk_makes_a_call_a_task(self):
        with Project() as folder:
            output = self.run_client(folder, need("sdk1/bin/python"), HERE / "client_tasks.py", RUNHARNESS, "mcp", "--enable")
        seen = json.loads(output.splitlines()[-1])
        self.assertEqual((seen["seen"][0], seen["seen"][-1]), ("working", "completed"))
        self.assertEqual((seen["stdout"], seen["cancelled"], seen["listed"]), ("42\n", "cancelled", True))

    def test_python_sdk_2_finds_the_modern_era(self):
        self.both_ways([need("sdk2/bin/python"), HERE / "client_sdk2.py", "auto"], "2026-07-28")

    def test_python_sdk_2_legacy(self):
        self.both_ways([need("sdk2/bin/python"), HERE / "client_sdk2.py", "legacy"], "2025-11-25")

    def test_python_sdk_2_modern(self):
        self.both_ways([need("sdk2/bin/python"), HERE / "client_sdk2.py", "2026-07-28"], "2026-07-28",
                       server=None)  # told its revision, it asks for no discovery, so it knows no name


class InspectorTest(ClientTest):
    def inspector(self, folder, *target):
        node = need(NODE)
        launcher = need(INSPECTOR)
        env = environment(folder)
        env["PATH"] = f"{node.parent}:{env['PATH']}"

        def ask(*words):
            done = subprocess.run([node, launcher, "--cli", *target, *words], cwd=folder, env=env, capture_output=True, text=True,
                                  timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return json.loads(done.stdout)

        tools = {tool["name"]: tool for tool in ask("--method", "tools/list")["tools"]}
        self.assertLessEqual(NAMES, set(tools))
        answer = ask("--method", "tools/call", "--tool-name", "execute_python", "--tool-arg", "code=print(6 * 7)")
        self.assertEqual(answer["structuredContent"]["stdout"], "42\n")
        self.assertTrue(ask("--method", "resources/list")["resources"])

    def test_inspector_over_stdio(self):
        with Project() as folder:
            self.inspector(folder, RUNHARNESS, "mcp", "--enable")

    def test_inspector_over_http(self):
        with Project() as folder, HttpServer("--enable", folder=folder) as server:
            self.inspector(folder, server.url, "--transport", "http")


class FrameworkTest(ClientTest):
    def example(self, name, expected):
        python = need("agents/bin/python")
        with Project() as folder:
            output = self.run_client(folder, python, EXAMPLES / name)
            for text in expected:
                self.assertIn(text, output)
        with Project() as folder, HttpServer("--enable", folder=folder) as server:
            output = self.run_client(folder, python, EXAMPLES / name, server.url)
            for text in expected:
                self.assertIn(text, output)

    def test_pydantic_ai(self):
        self.example("pydantic_ai_tools.py", ["42", "from bash", "2"])

    def test_langgraph(self):
        self.example("langgraph_tools.py", ["5050"])


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
