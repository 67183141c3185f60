"""Asks the built runharness for one thing in both ways, on the command line and over MCP, so that a test says once what must
hold for both.

    class ExecTest(RowTest):
        def test_row_001_python_prints(self):
            \"""`language=python` runs inline code and returns what it printed.\"""
            for answer in self.ask("execute_code", language="python", code="print(6 * 7)"):
                self.assertEqual(answer.data["stdout"], "42\\n", answer)

A test's name carries the numbers of the rows of docs/agents/coverage.md that it shows (test_row_016_035_...); the first line
of its text is the behaviour as it stands there. What a tool is called on the command line, and which flag an argument has, comes
from `runharness schema tools`, so that the flags themselves are tested.
"""

import functools
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import unittest

import jsonschema

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RUNHARNESS = pathlib.Path(os.environ.get("RUNHARNESS", REPOSITORY / "build/dev/runharness")).resolve()
BOTH = ("command line", "mcp")
PROTOCOL = "2025-11-25"


@functools.cache
def tools():
    """Name -> row of the table of tools; aliases too."""
    done = subprocess.run([RUNHARNESS, "schema", "tools"], capture_output=True, text=True, check=True)
    rows = {}
    for tool in json.loads(done.stdout)["tools"]:
        for name in [tool["name"], *tool["aliases"]]:
            rows[name] = tool
    return rows


@functools.cache
def validator(schema):
    """Of a JSON schema as text; the schema itself is checked first."""
    schema = json.loads(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def must_fit(schema, value, what):
    """Real clients throw away an answer that its tool's schema does not allow, so that each one here is held against it."""
    problems = sorted(validator(json.dumps(schema, sort_keys=True)).iter_errors(value), key=lambda error: list(map(str, error.path)))
    if problems:
        lines = [f"{'/'.join(map(str, error.absolute_path)) or '(root)'}: {error.message[:400]}"
                 for problem in problems for error in [problem, *(problem.context or [])]]
        raise AssertionError(f"{what} does not fit its schema:\n  " + "\n  ".join(lines) + "\n" + json.dumps(value)[:3000])


class Answer:
    """What came back: `data` is the structured answer, `text` the short one, `code` the exit code (command line only)."""

    def __init__(self, way, data, text, code=None, is_error=False, stderr="", content=()):
        self.way, self.data, self.text, self.code, self.is_error = way, data, text, code, is_error
        self.stderr, self.content = stderr, content

    @property
    def error_kind(self):
        return (self.data.get("error") or {}).get("kind")

    def __repr__(self):
        return f"[{self.way}] code {self.code}\n{json.dumps(self.data, indent=1)[:6000]}\n{self.text[:2000]}\n{self.stderr[:2000]}"


def command_line(tool, arguments):
    """Flags and positional arguments as the table says; dictionaries of anything but texts go as JSON."""
    rows = {row["name"]: row for row in tool["arguments"]}
    flags, positional = [], []
    for name, value in arguments.items():
        row = rows[name]
        flag = row["flag"].split(",")[0]
        if isinstance(value, bool):
            flags.append(flag if value else f"{flag}=false")
        elif row["type"] in ("object", "objects"):
            flags += [flag, json.dumps(value)]
        elif row["type"] == "map":
            for key, text in value.items():
                flags.append(f"{flag}={key}={text}")
        else:
            for one in value if isinstance(value, list) else [value]:
                if flag.startswith("-"):
                    flags.append(f"{flag}={one}")
                else:
                    positional.append((list(rows).index(name), str(one)))
    words = [text for _, text in sorted(positional, key=lambda pair: pair[0])]
    return [*tool["command"].split(), *flags, *(["--", *words] if words else [])]


class McpClient:
    """A small client of the legacy era over stdio. `on_request` answers what the server asks (elicitation)."""

    def __init__(self, folder, environment, *flags, on_request=None, capabilities=None):
        self.process = subprocess.Popen([RUNHARNESS, "mcp", *flags], cwd=folder, env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.last_id, self.replies, self.notifications = 0, {}, []
        self.on_request, self.condition, self.closed = on_request, threading.Condition(), False
        self.errors = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=lambda: [self.errors.put(line) for line in self.process.stderr], daemon=True).start()
        self.server = self.request("initialize", {"protocolVersion": PROTOCOL, "capabilities": capabilities or {},
                                                  "clientInfo": {"name": "tests", "version": "1"}})
        self.notify("notifications/initialized")

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if "method" in message and "id" in message:
                answer = self.on_request(message) if self.on_request else None
                reply = {"result": answer} if answer is not None else {"error": {"code": -32601, "message": "not offered"}}
                self.send({"jsonrpc": "2.0", "id": message["id"], **reply})
                continue
            with self.condition:
                if "method" in message:
                    self.notifications.append(message)
                else:
                    self.replies[message.get("id")] = message
                self.condition.notify_all()
        with self.condition:
            self.closed = True
            self.condition.notify_all()

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def notify(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})})

    def start(self, method, params):
        self.last_id += 1
        self.send({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params})
        return self.last_id

    def wait(self, number, timeout=240):
        with self.condition:
            if not self.condition.wait_for(lambda: number in self.replies or self.closed, timeout):
                raise AssertionError(f"no answer to request {number} within {timeout} s")
            if number not in self.replies:
                raise AssertionError("the server ended: " + self.stderr())
            return self.replies.pop(number)

    def request(self, method, params=None, timeout=240):
        reply = self.wait(self.start(method, params or {}), timeout)
        if "error" in reply:
            raise AssertionError(f"{method}: {reply['error']}")
        return reply["result"]

    @functools.cached_property
    def listed(self):
        """Name -> entry of tools/list."""
        return {entry["name"]: entry for entry in self.request("tools/list")["tools"]}

    def check(self, tool, arguments, result):
        """The answer against the schemas that the server promises."""
        entry = self.listed.get(tool)
        if entry is None:
            return
        if not result.get("isError"):
            must_fit(entry["inputSchema"], arguments, f"what {tool} takes")
        if "outputSchema" in entry:
            must_fit(entry["outputSchema"], result.get("structuredContent"), f"the answer of {tool} over MCP")

    def call(self, tool, arguments, timeout=240):
        result = self.request("tools/call", {"name": tool, "arguments": arguments}, timeout)
        self.check(tool, arguments, result)
        text = "\n".join(part.get("text", "") for part in result["content"] if part["type"] == "text")
        return Answer("mcp", result.get("structuredContent", {}), text, None, result.get("isError", False),
                      content=result["content"])

    def stderr(self):
        lines = []
        while not self.errors.empty():
            lines.append(self.errors.get())
        return "".join(lines)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not end when its input did") from None
        finally:
            self.process.stdout.close()
            self.process.stderr.close()


class RowTest(unittest.TestCase):
    """Gives each test a project folder and a user of its own; nothing of the caller's configuration is seen."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rh-agents-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.project = self.folder / "project"
        self.project.mkdir()
        self.enable = True  # executing is off by default: most tests are about what it does when it is on
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("RUNHARNESS", "EXECUTOR_", "OTEL_", "PYTEST_", "COVERAGE_"))}
        self.environment["XDG_CONFIG_HOME"] = str(self.folder / "config")
        self.environment["XDG_STATE_HOME"] = str(self.folder / "state")
        self.clients = []
        self.addCleanup(lambda: [client.close() for client in self.clients if client.process.poll() is None])

    def configure(self, text, name="agent.toml"):
        """The user's own configuration."""
        file = self.folder / "config/runharness" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def write(self, files):
        for path, text in files.items():
            target = self.project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

    def run_line(self, *words, stdin="", timeout=240):
        """A command line as a person types it: the finished process with texts."""
        return subprocess.run([RUNHARNESS, *map(str, words)], cwd=self.project, env=self.environment, input=stdin,
                              capture_output=True, text=True, errors="replace", timeout=timeout, check=False)

    def client(self, *flags, **options):
        """An MCP client of this project; made anew, because the configuration may have changed."""
        if self.enable:
            flags = ("--enable", *flags)
        client = McpClient(self.project, self.environment, *flags, **options)
        self.clients.append(client)
        return client

    def on_command_line(self, tool, arguments):
        row = tools()[tool]
        if self.enable and any(one["name"] == "enable" and one["flag"] for one in row["arguments"]):
            arguments = {"enable": True, **arguments}
        words = command_line(row, arguments)
        at = words.index("--") if "--" in words else len(words)
        done = self.run_line(*words[:at], "--json", *words[at:])
        try:
            data = json.loads(done.stdout)
        except json.JSONDecodeError:
            data = {}
        if data:
            must_fit(row["output_schema"], data, f"the answer of {row['command']} --json")
        return Answer("command line", data, done.stdout, done.returncode, done.returncode != 0, done.stderr)

    def ask(self, tool, ways=BOTH, **arguments):
        """The answer of each way. A way that a tool does not have is left out only where the table says so."""
        row = tools()[tool]
        answers = []
        if "command line" in ways and row["command"]:
            answers.append(self.on_command_line(tool, arguments))
        if "mcp" in ways:
            client = self.client()
            answers.append(client.call(tool, arguments))
            client.close()
        self.assertTrue(answers, f"{tool} is offered in none of the ways {ways}")
        return answers


if __name__ == "__main__":
    unittest.main()
