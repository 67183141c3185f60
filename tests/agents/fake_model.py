"""A chat completions endpoint that says what a test tells it to, faults included. It is no model: each answer is written in
the test.

    server = FakeModel([reply("```python\\nprint(1)\\n```")])
    server.url                       # base, for a provider's url
    server.requests                  # what was asked: {"path", "headers", "body"}
"""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def chunk(text, finish=None):
    return {"id": "1", "object": "chat.completion.chunk", "model": "fake-1",
            "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def reply(text, finish="stop", streamed=True, pieces=4):
    """A good answer: events where the request wants them, else one document."""
    def answer(handler, body):
        if streamed and body.get("stream"):
            size = max(1, len(text) // pieces)
            parts = [text[at:at + size] for at in range(0, len(text), size)] or [""]
            events = [chunk(part) for part in parts] + [chunk("", finish)]
            events[-1]["usage"] = {"prompt_tokens": 12, "completion_tokens": 34}
            handler.events([json.dumps(event) for event in events] + ["[DONE]"])
        else:
            handler.document(200, {"model": "fake-1", "choices": [{"message": {"role": "assistant", "content": text},
                                                                   "finish_reason": finish}],
                                   "usage": {"prompt_tokens": 12, "completion_tokens": 34}})
    return answer


def document(status, value, **headers):
    return lambda handler, body: handler.document(status, value, **headers)


def raw(status, content_type, text, **headers):
    return lambda handler, body: handler.plain(status, content_type, text.encode(), headers)


def slow(seconds, then):
    def answer(handler, body):
        handler.server.released.wait(seconds)
        then(handler, body)
    return answer


def cut(text):
    """The stream ends in the middle of its events."""
    def answer(handler, body):
        handler.start(200, "text/event-stream", {})
        handler.wfile.write(f"data: {json.dumps(chunk(text))}\n\n".encode())
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
    return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = json.loads(text)
        with self.server.lock:
            self.server.requests.append({"path": self.path, "headers": dict(self.headers), "body": body,
                                         "at": time.monotonic()})
            number = len(self.server.requests) - 1
        answers = self.server.answers
        try:
            answers[min(number, len(answers) - 1)](self, body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the caller went away: a test of cancelling

    def start(self, status, content_type, headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def plain(self, status, content_type, content, headers):
        self.start(status, content_type, {"Content-Length": str(len(content)), **headers})
        self.wfile.write(content)

    def document(self, status, value, **headers):
        self.plain(status, "application/json", json.dumps(value).encode(), headers)

    def events(self, lines):
        self.start(200, "text/event-stream; charset=utf-8", {})
        for line in lines:
            self.wfile.write(f"data: {line}\n\n".encode())
            self.wfile.flush()

    def log_message(self, *_):
        pass


class FakeModel:
    def __init__(self, answers):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.answers, self.server.requests, self.server.lock = answers, [], threading.Lock()
        self.server.released = threading.Event()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    @property
    def requests(self):
        return self.server.requests

    def close(self):
        self.server.released.set()
        self.server.shutdown()
        self.server.server_close()
