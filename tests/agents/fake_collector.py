"""Records what is sent as OTLP over HTTP, and answers as told: at once or late, plainly or over TLS."""

import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.condition:
            number = len(self.server.requests)
            self.server.requests.append({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                                         "body": json.loads(text), "text": text.decode()})
            statuses = self.server.statuses
            status = statuses[min(number, len(statuses) - 1)]
            self.server.condition.notify_all()
        time.sleep(self.server.delay)
        try:
            self.answer(status)
        except (BrokenPipeError, ConnectionResetError):
            return  # the sender did not wait for it
        with self.server.condition:
            self.server.heard.append(self.path)
            self.server.condition.notify_all()

    def answer(self, status):
        content = b"{}" if status == 200 else b'{"code": 3, "message": "refused by the test"}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def certificate(folder):
    """A certificate for localhost and 127.0.0.1 that signs itself: its file, and that of its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return cert, key


class FakeCollector:
    """`delay`: seconds before each answer. `heard`: paths whose sender was there for the answer. `tls`: certificate and key."""

    def __init__(self, statuses=(200,), delay=0, tls=None):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.delay, self.server.heard = delay, []
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.requests, self.server.statuses, self.server.condition = [], list(statuses), threading.Condition(threading.RLock())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_address[1]}"

    def wait_for(self, path, count=1, timeout=20):
        """The bodies sent to that path, once there are so many."""
        def found():
            return [one for one in self.server.requests if one["path"] == path]
        with self.server.condition:
            if not self.server.condition.wait_for(lambda: len(found()) >= count, timeout):
                raise AssertionError(f"{len(found())} messages at {path}, {count} were expected")
            return found()

    def wait_until_heard(self, paths, timeout=60):
        """Until each of these paths was answered to somebody who listened."""
        with self.server.condition:
            if not self.server.condition.wait_for(lambda: set(paths) <= set(self.server.heard), timeout):
                raise AssertionError(f"answered to somebody: {self.server.heard}; expected {paths}")

    def spans(self, count=1, timeout=20):
        """At least so many spans, of as many messages as it takes."""
        def found():
            return [span for one in self.server.requests if one["path"] == "/v1/traces"
                    for part in one["body"]["resourceSpans"] for scope in part["scopeSpans"] for span in scope["spans"]]
        with self.server.condition:
            if not self.server.condition.wait_for(lambda: len(found()) >= count, timeout):
                raise AssertionError(f"{len(found())} spans, {count} were expected")
            return found()

    def span(self, name):
        """The first of that name, once it is there."""
        def found():
            return [one for one in self.spans(0) if one["name"] == name]
        with self.server.condition:
            if not self.server.condition.wait_for(found, 20):
                raise AssertionError(f"no span {name} among {[one['name'] for one in self.spans(0)]}")
            return found()[0]

    def metrics(self, name, timeout=20):
        def found():
            return [metric for one in self.server.requests if one["path"] == "/v1/metrics"
                    for part in one["body"]["resourceMetrics"] for scope in part["scopeMetrics"]
                    for metric in scope["metrics"] if metric["name"] == name]
        with self.server.condition:
            if not self.server.condition.wait_for(found, timeout):
                raise AssertionError(f"no metric {name}")
            return found()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def attributes(thing):
    """{"key": value} of a span, a point or a resource; whole numbers as numbers."""
    values = {}
    for one in thing["attributes"]:
        (kind, value), = one["value"].items()
        values[one["key"]] = int(value) if kind == "intValue" else value
    return values
