"""What happens to telemetry when a command ends: a collector that needs its time gets everything, also over TLS, and one that is
dead holds nothing up. An OpenTelemetry Collector judges what arrives, where prepare.py could build it, or OTELCOL names one."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from fake_collector import FakeCollector, attributes, certificate
from harness import RowTest
from referees import need_chosen

SIGNALS = ("/v1/traces", "/v1/metrics", "/v1/logs")


def processes_named(name):
    """Process ids by the name that a process gives itself."""
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name:
                found.add(int(entry.name))
        except OSError:
            continue  # it ended meanwhile
    return found


class TelemetryEndTest(RowTest):
    def collect(self, **options):
        collector = FakeCollector(**options)
        self.addCleanup(collector.close)
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        return collector

    def fail_code(self):
        """Gives something of each signal."""
        answer, = self.ask("execute_code", ways=("command line",), language="python", code="raise ValueError('no')")
        self.assertEqual((answer.error_kind, answer.code), ("code_error", 1), answer)
        self.assertNotIn("telemetry", answer.stderr)
        return answer

    def test_row_170_a_slow_collector_gets_everything(self):
        """otel: a collector that is down does not fail or delay the run."""
        for delay in (0.1, 2):
            with self.subTest(delay=delay):
                collector = self.collect(delay=delay)
                self.fail_code()
                collector.wait_until_heard(SIGNALS)
                paths = [one["path"] for one in collector.server.requests]
                self.assertEqual(sorted(paths), sorted(SIGNALS), "each message once")

    def test_row_170_a_slow_collector_over_tls_gets_everything(self):
        """otel: a collector that is down does not fail or delay the run."""
        cert, key = certificate(self.folder)
        collector = self.collect(delay=0.5, tls=(cert, key))
        self.environment["OTEL_EXPORTER_OTLP_CERTIFICATE"] = str(cert)
        self.fail_code()
        collector.wait_until_heard(SIGNALS)
        self.assertEqual(len(collector.server.requests), len(SIGNALS))

    def test_row_170_the_rest_holds_nothing_of_the_caller(self):
        """otel: a collector that is down does not fail or delay the run."""
        before = processes_named("rh-telemetry")
        with socket.socket() as silent:  # takes connections and says nothing
            silent.bind(("127.0.0.1", 0))
            silent.listen(16)
            self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
            self.environment["OTEL_EXPORTER_OTLP_TIMEOUT"] = "4000"
            # run_line reads both streams to their end: whoever held one open would hold this up.
            self.assertEqual(self.fail_code().code, 1)
            left = processes_named("rh-telemetry") - before
            for process in left:
                folder = pathlib.Path(f"/proc/{process}")
                self.assertEqual({os.readlink(one) for one in (folder / "fd").iterdir()
                                  if not os.readlink(one).startswith("socket:")}, {"/dev/null"})
                self.assertEqual(os.readlink(folder / "cwd"), "/")
                self.assertNotEqual(os.getsid(process), os.getsid(0))
            self.assertTrue(left, "what was not answered is waited for")
            deadline = time.monotonic() + 60
            while processes_named("rh-telemetry") & left:
                self.assertLess(time.monotonic(), deadline, "it must end when the endpoint's timeout is over")
                time.sleep(0.05)  # a process that is no child tells nobody

    def test_row_170_nobody_there_leaves_nobody_behind(self):
        """otel: a collector that is down does not fail or delay the run."""
        before = processes_named("rh-telemetry")
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        answer, = self.ask("execute_code", ways=("command line",), language="python", code="print(1)")
        self.assertEqual((answer.code, answer.data["stdout"]), (0, "1\n"), answer)
        self.assertIn("nobody takes them", answer.stderr)
        self.assertEqual(processes_named("rh-telemetry") - before, set())

    def test_row_170_waiting_for_it_can_be_asked_for(self):
        """otel: a collector that is down does not fail or delay the run."""
        collector = self.collect(delay=0.3)
        self.environment["RUNHARNESS_TELEMETRY_AT_END"] = "wait"
        self.fail_code()
        self.assertEqual(set(collector.server.heard), set(SIGNALS), "all was answered when the command ended")

    def test_row_168_commands_that_are_more_than_one_execution(self):
        """otel: one span per execution with the language and the code length as attributes."""
        collector = self.collect()
        self.environment["TRACEPARENT"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        self.ask("validate_code", ways=("command line",), language="python", code="print(1)")
        stages = [{"name": name, "language": "python", "code": "print(1)"} for name in ("one", "two")]
        answer, = self.ask("run_pipeline", ways=("command line",), stages=stages)
        self.assertTrue(answer.data["success"], answer)
        checked, pipeline = collector.span("runharness validate"), collector.span("runharness pipeline run")
        self.assertEqual({checked["traceId"], pipeline["traceId"]}, {"0af7651916cd43dd8448eb211c80319c"})
        self.assertEqual(attributes(pipeline)["gen_ai.tool.name"], "run_pipeline")
        runs = [one for one in collector.spans(0) if one["name"] == "execute python"]
        self.assertEqual([one["parentSpanId"] for one in runs], [pipeline["spanId"]] * 2)

    def test_row_168_a_session_and_its_calls_are_one_trace(self):
        """otel: one span per execution with the language and the code length as attributes."""
        collector = self.collect()
        self.environment["TRACEPARENT"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        started, = self.ask("sessions_start", ways=("command line",), language="python")
        self.assertTrue(started.data["success"], started)
        try:
            answer, = self.ask("execute_code", ways=("command line",), language="python", code="x = 6 * 7\nprint(x)",
                               session_id=started.data["session_id"])
            self.assertEqual(answer.data["stdout"], "42\n", answer)
            self.assertEqual(collector.span("runharness sessions start")["traceId"], "0af7651916cd43dd8448eb211c80319c")
            self.assertEqual(collector.span("execute python")["traceId"], "0af7651916cd43dd8448eb211c80319c")
        finally:
            self.run_line("sessions", "end", started.data["session_id"])


class CollectorTest(RowTest):
    """The OpenTelemetry Collector itself; what it understood is read from the file that it writes."""

    def setUp(self):
        super().setUp()
        self.program = need_chosen("OTELCOL", "otelcol/otelcol")

    def start(self, tls=""):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        told = self.folder / "told.jsonl"
        told.write_text("")
        config = self.folder / "otelcol.yaml"
        signals = "".join(f"    {name}: {{receivers: [otlp], exporters: [file, debug]}}\n" for name in ("traces", "metrics", "logs"))
        config.write_text(f"receivers:\n  otlp:\n    protocols:\n      http:\n        endpoint: 127.0.0.1:{port}\n{tls}"
                          f"exporters:\n  file: {{path: {told}}}\n  debug: {{verbosity: detailed}}\n"
                          f"service:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n{signals}")
        log = open(self.folder / "otelcol.log", "w")
        self.addCleanup(log.close)
        process = subprocess.Popen([self.program, "--config", f"file:{config}"], stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
        return port, told

    def until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                self.fail((self.folder / "otelcol.log").read_text(errors="replace")[-4000:])
            time.sleep(0.02)  # the collector tells nobody

    def understood(self, told):
        """(names of spans, names of metrics, bodies of log entries) so far."""
        spans, metrics, logs = [], [], []
        for line in told.read_text().splitlines():
            document = json.loads(line)
            for part in document.get("resourceSpans", []):
                spans += [span for scope in part["scopeSpans"] for span in scope["spans"]]
            for part in document.get("resourceMetrics", []):
                metrics += [metric["name"] for scope in part["scopeMetrics"] for metric in scope["metrics"]]
            for part in document.get("resourceLogs", []):
                logs += [entry["body"]["stringValue"] for scope in part["scopeLogs"] for entry in scope["logRecords"]]
        return spans, metrics, logs

    def expect(self, told, span, metric, log):
        def there():
            spans, metrics, logs = self.understood(told)
            return span in [one["name"] for one in spans] and metric in metrics and any(log in one for one in logs)
        self.until(there)

    def test_row_168_169_the_collector_takes_exec_mcp_and_test(self):
        """otel: metrics: count and duration of executions by language and success."""
        port, told = self.start()
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        answer, = self.ask("execute_code", ways=("command line",), language="python", code="raise ValueError('from exec')")
        self.assertNotIn("telemetry", answer.stderr)
        self.expect(told, "execute python", "runharness.executions", "ValueError: from exec")
        client = self.client()
        client.call("execute_code", {"language": "bash", "code": "exit 3"})
        client.close()
        self.assertNotIn("telemetry", client.stderr())
        self.expect(told, "tools/call execute_code", "mcp.server.operation.duration", "code_error")
        spans, _, _ = self.understood(told)
        call = next(one for one in spans if one["name"] == "tools/call execute_code")
        execution = next(one for one in spans if one["name"] == "execute bash")
        self.assertEqual((execution["traceId"], execution["parentSpanId"]), (call["traceId"], call["spanId"]))
        self.write({"pyproject.toml": "[tool.pytest.ini_options]\n", "test_a.py": "def test_bad(): assert 1 == 2\n"})
        done = self.run_line("test", "--isolation", "none")
        self.assertEqual((done.returncode, "telemetry" in done.stderr), (1, False), done)
        self.expect(told, "RUN project", "cicd.pipeline.run.duration", "test_bad")

    def test_row_168_169_the_collector_takes_it_over_tls(self):
        """otel: metrics: count and duration of executions by language and success."""
        cert, key = certificate(self.folder)
        port, told = self.start(f"        tls: {{cert_file: {cert}, key_file: {key}}}\n")
        self.environment.update(OTEL_EXPORTER_OTLP_ENDPOINT=f"https://localhost:{port}", OTEL_EXPORTER_OTLP_CERTIFICATE=str(cert))
        self.ask("execute_code", ways=("command line",), language="python", code="raise ValueError('over tls')")
        self.expect(told, "execute python", "runharness.executions", "ValueError: over tls")


if __name__ == "__main__":
    unittest.main()
