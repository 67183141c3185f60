"""Starts the server, or the fixture of the conformance suite, over stdio or HTTP, and speaks to it without any client library,
so that a test can send what no library would."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from referees import need  # noqa: E402, F401  (for the tests of this folder)

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
RUNHARNESS = pathlib.Path(os.environ.get("RUNHARNESS", REPOSITORY / "build/dev/runharness")).resolve()
FIXTURE = pathlib.Path(os.environ.get("MCP_FIXTURE", REPOSITORY / "build/dev/tests/agents/mcp/mcp_fixture")).resolve()
MODERN = "2026-07-28"
LEGACY = "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def environment(folder, **more):
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ}
    return {**kept, "HOME": str(folder), "XDG_CONFIG_HOME": str(pathlib.Path(folder) / "config"), **more}


class Project:
    """A folder that a server serves, removed afterwards."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mcp-test-"))
        return self.folder

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


class HttpServer:
    """`runharness mcp --http`, or the fixture."""

    def __init__(self, *flags, folder=None, fixture=False, env=None):
        self.folder = folder or tempfile.gettempdir()
        command = [FIXTURE, "--http", "0"] if fixture else [RUNHARNESS, "mcp", "--http", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(command, cwd=self.folder, env=env or environment(self.folder), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = (self.process.stderr if fixture else self.process.stdout).readline()
        found = re.search(r"port (\d+)|127\.0\.0\.1:(\d+)", line)
        if not found:
            raise AssertionError(f"the server did not start: {line}{self.process.stderr.read()}")
        self.port = int(found[1] or found[2])
        self.url = f"http://127.0.0.1:{self.port}/mcp"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def post(self, message, headers=None, timeout=60):
        """Status, headers, body of one POST; `message` may be bytes."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("POST", "/mcp", body, {"Content-Type": "application/json",
                                                      "Accept": "application/json, text/event-stream", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, dict((name.lower(), value) for name, value in answer.getheaders()), answer.read()
        finally:
            connection.close()

    def ask(self, method, params=None, number=1, headers=None, meta=None, timeout=60):
        """A modern request; the JSON-RPC response, whether it came alone or at the end of a stream."""
        params = {**(params or {}), "_meta": {**META, **(meta or {})}}
        names = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if method in ("tools/call", "prompts/get"):
            names["Mcp-Name"] = params["name"]
        if method == "resources/read":
            names["Mcp-Name"] = params["uri"]
        _, got, body = self.post({"jsonrpc": "2.0", "id": number, "method": method, "params": params},
                                 {**names, **(headers or {})}, timeout)
        return last_message(got, body)


def messages(headers, body):
    if headers.get("content-type", "").startswith("text/event-stream"):
        lines = [line[6:] for line in body.decode().splitlines() if line.startswith("data: ") and line[6:].strip()]
        return [json.loads(line) for line in lines]
    return [json.loads(body)]


def last_message(headers, body):
    return messages(headers, body)[-1]


class Stdio:
    """`runharness mcp` over pipes; lines as they are."""

    def __init__(self, *flags, folder=None, fixture=False, env=None):
        self.folder = folder or tempfile.gettempdir()
        command = [FIXTURE, "--stdio"] if fixture else [RUNHARNESS, "mcp", *flags]
        self.process = subprocess.Popen(command, cwd=self.folder, env=env or environment(self.folder), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def write(self, line):
        self.process.stdin.write(line if isinstance(line, bytes) else (json.dumps(line) + "\n").encode())
        self.process.stdin.flush()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the server ended: " + self.process.stderr.read().decode())
        return json.loads(line)

    def ask(self, method, params=None, number=1, meta=None):
        """A modern request; notifications before the response are dropped."""
        self.write({"jsonrpc": "2.0", "id": number, "method": method, "params": {**(params or {}), "_meta": {**META, **(meta or {})}}})
        while True:
            message = self.read()
            if "method" not in message and message.get("id") == number:
                return message
