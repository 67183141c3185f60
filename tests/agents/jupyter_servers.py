"""Jupyter servers on loopback for tests: a real one (jupyter_server with ipykernel, the referee of prepare.py), and one that
behaves as the test says."""

import base64
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

TOKEN = "sesame-open-7f"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class RealServer:
    """Its kernels, and how many are left."""

    def __init__(self, python, token=TOKEN):
        self.port, self.token = free_port(), token
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="rh-jupyter-"))
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "JUPYTER_TOKEN": token, "TMPDIR": str(self.home),
                       "PYTHONDONTWRITEBYTECODE": "1", "MPLCONFIGDIR": str(self.home)}
        self.log = open(self.home / "log", "w")
        self.process = subprocess.Popen(
            [python, "-m", "jupyter_server", "--port", str(self.port), "--ip", "127.0.0.1", "--no-browser", "--allow-root",
             "--ServerApp.port_retries=0"], cwd=self.home, env=environment, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.kernels()
                return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise AssertionError((self.home / "log").read_text()) from None
                select_nothing(0.1)

    def kernels(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/kernels", headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)


def select_nothing(seconds):
    threading.Event().wait(seconds)


class FakeServer:
    """`script` says what it does: see Handler."""

    def __init__(self, **script):
        self.script, self.asked = script, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body, kind="application/json"):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                path = self.path.split("?")[0]
                server.asked.append((self.command, path))
                if script.get("hang") == path.rsplit("/", 1)[-1]:
                    server.closing.wait()
                    return
                if path == "/api/kernelspecs":
                    if "kernelspecs" in script:
                        return self.answer(*script["kernelspecs"])
                    spec = {"name": "python3", "spec": {"language": "python", "argv": []}}
                    return self.answer(200, {"default": "python3", "kernelspecs": {"python3": spec}})
                if path == "/api/kernels" and self.command == "POST":
                    return self.answer(*script.get("start", (201, {"id": "0-1-2", "name": "python3"})))
                if path.endswith("/channels"):
                    return self.channel()
                if self.command == "DELETE":
                    return self.answer(*script.get("delete", (204, b"")))
                return self.answer(204, b"")

            def serve_all(self):
                with contextlib.suppress(OSError):  # the caller has gone
                    self.serve()

            do_GET = do_POST = do_DELETE = serve_all

            def channel(self):
                if "channel" in script:
                    return self.answer(*script["channel"])
                key = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                                                    .encode()).digest()).decode()
                self.wfile.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  f"Sec-WebSocket-Accept: {key}\r\n\r\n").encode())
                self.close_connection = True
                with contextlib.suppress(OSError, ValueError, IndexError, struct.error):
                    while True:
                        message = self.read_message()
                        for one in script.get("kernel", honest)(message):
                            if one is None:
                                return
                            self.send_message(one)

            def read_message(self):
                head = self.rfile.read(2)
                size = head[1] & 127
                if size == 126:
                    size = struct.unpack(">H", self.rfile.read(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self.rfile.read(8))[0]
                mask = self.rfile.read(4)
                data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.rfile.read(size)))
                return json.loads(data)

            def send_message(self, message):
                data = message if isinstance(message, bytes) else json.dumps(message).encode()
                size = struct.pack(">B", len(data)) if len(data) < 126 else struct.pack(">BH", 126, len(data)) if len(data) < 1 << 16 \
                    else struct.pack(">BQ", 127, len(data))
                self.wfile.write(b"\x81" + size + data)
                self.wfile.flush()

        self.closing = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


def reply(message, kind, content, channel="iopub", parent=True):
    return {"header": {"msg_id": "1", "msg_type": kind}, "parent_header": message["header"] if parent else {}, "metadata": {},
            "content": content, "channel": channel}


def ready(message):
    """What every kernel answers when it is asked who it is; None for other messages."""
    if message["header"]["msg_type"] == "kernel_info_request":
        return [reply(message, "kernel_info_reply", {"language_info": {"name": "python", "version": "3.11"}}, "shell")]
    return None


def done(message, status="ok", **content):
    return [reply(message, "execute_reply", {"status": status, "execution_count": 1, "user_expressions": {
        name: {"status": "ok", "data": {"application/vnd.runharness+json": {"done": True}}}
        for name in message["content"].get("user_expressions", {})}, **content}, "shell"),
            reply(message, "status", {"execution_state": "idle"})]


def honest(message):
    return ready(message) or done(message)


def is_code(message):
    """Of the caller, and not what runharness itself runs before and after."""
    return message["header"]["msg_type"] == "execute_request" and message["content"].get("store_history")
