"""Section N: the MCP server, and the rows that are about what its callers see."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import REPOSITORY, RUNHARNESS, RowTest  # noqa: E402
from referees import need  # noqa: E402


class McpRows(RowTest):
    def listed(self, *flags):
        client = self.client(*flags)
        tools = {tool["name"]: tool for tool in client.request("tools/list")["tools"]}
        client.close()
        return tools

    def test_row_160_execution_execute_code(self):
        """mcp tool `execution_execute_code`: language, code, timeout, files, packages, env_vars, memory_limit, working_dir."""
        schema = self.listed()["execution_execute_code"]["inputSchema"]
        self.assertLessEqual({"language", "code", "timeout", "files", "packages", "env_vars", "memory_limit", "working_dir"},
                             set(schema["properties"]))
        answer, = self.ask("execution_execute_code", ways=("mcp",), language="python", timeout=60, memory_limit="256m",
                           code="import os\nprint(open('a.txt').read(), os.environ['WORD'])", files={"a.txt": "file"},
                           env_vars={"WORD": "variable"})
        self.assertEqual(answer.data["stdout"], "file variable\n", answer)

    def test_row_161_execution_run_python(self):
        """mcp tool `execution_run_python`: code, timeout."""
        answer, = self.ask("execution_run_python", ways=("mcp",), code="print(6 * 7)", timeout=60)
        self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_162_execution_run_bash(self):
        """mcp tool `execution_run_bash`: script, timeout."""
        answer, = self.ask("execution_run_bash", ways=("mcp",), script="echo $((6 * 7))", timeout=60)
        self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_163_named_tools_exist(self):
        """mcp tools `execute_code`, `run_tests`, `validate_code`, `handle_error`, `create_demo` exist (own names or aliases)."""
        self.assertLessEqual({"execute_code", "run_tests", "validate_code", "handle_error", "create_demo"}, set(self.listed()))

    def run_example(self, name, expected):
        python = need("agents/bin/python")
        done = subprocess.run([python, REPOSITORY / "docs/agents/examples" / name], cwd=self.project, timeout=240,
                              env={**self.environment, "RUNHARNESS": str(RUNHARNESS)}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-2000:])
        for text in expected:
            self.assertIn(text, done.stdout)

    def test_row_164_typed_helpers_by_pydantic_ai(self):
        """typed helpers execute_python / execute_javascript / execute_bash with code or script, packages, timeout are callable as tools and from PydanticAI through its MCP client."""
        tools = self.listed()
        for name, text in (("execute_python", "code"), ("execute_javascript", "code"), ("execute_bash", "script")):
            self.assertLessEqual({text, "packages", "timeout"}, set(tools[name]["inputSchema"]["properties"]), name)
        self.run_example("pydantic_ai_tools.py", ["execute_python: ", "42", "from bash", "execute_javascript: "])

    def test_row_165_an_agent_framework_connects(self):
        """mcp: an agent framework (PydanticAI, LangGraph) connects to the server as a real client and gets a result."""
        self.run_example("langgraph_tools.py", ["5050"])

    def test_row_174_progress_is_visible(self):
        """exec: progress of a long run is visible to the caller while it runs."""
        code = "import time\nfor n in range(3):\n    print('step', n, flush=True)\n    time.sleep(0.7)"
        client = self.client()
        number = client.start("tools/call", {"name": "execute_python", "arguments": {"code": code, "timeout": 60},
                                             "_meta": {"progressToken": "t"}})
        client.wait(number)
        steps = [one["params"] for one in client.notifications if one["method"] == "notifications/progress"]
        client.close()
        self.assertTrue(any("step" in one.get("message", "") for one in steps), steps)
        values = [one["progress"] for one in steps]
        self.assertEqual(values, sorted(set(values)), "it must grow")
        process = subprocess.Popen([RUNHARNESS, "exec", "--enable", "--language=python", "--code", code], cwd=self.project,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.assertEqual(process.stdout.readline(), "step 0\n")
        self.assertIsNone(process.poll(), "the first line comes while it runs")
        process.communicate()

    def test_row_177_a_subset_of_tools(self):
        """tools: a subset or all tools can be offered (`use_all_tools`), per server start."""
        self.assertEqual(list(self.listed("--tools", "execute_python,validate_code")), ["execute_python", "validate_code"])
        self.assertLess(set(self.listed("--no-aliases")), set(self.listed()))
        self.assertLessEqual(set(self.listed()), set(self.listed("--toolset", "all")))
