"""What is sent as OTLP over HTTP, and that a collector that is down costs nothing. Shapes are judged by the recorded messages;
rotel, a real collector, judges them too where prepare.py has installed it, or ROTEL_AGENT names its binary."""

import pathlib
import re
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from fake_collector import FakeCollector, attributes
from harness import RowTest
from referees import need_chosen


class TelemetryTest(RowTest):
    def collect(self, statuses=(200,)):
        collector = FakeCollector(statuses)
        self.addCleanup(collector.close)
        return collector

    def run_code(self, code="print(1)", **more):
        answers = self.ask("execute_code", language="python", code=code, **more)
        return answers

    def test_row_167_switched_on_by_configuration(self):
        """otel: switched on with `enabled`, `service_name`, `endpoint` (default localhost:4317 in the source, gRPC; ours OTLP/HTTP, 4318)."""
        collector = self.collect()
        self.configure(f'[telemetry]\nenabled = true\nservice_name = "my-agent"\nendpoint = "{collector.url}"\n')
        self.run_code()
        request = collector.wait_for("/v1/traces")[0]
        self.assertEqual(request["headers"]["content-type"], "application/json")
        resource = attributes(request["body"]["resourceSpans"][0]["resource"])
        self.assertEqual(resource["service.name"], "my-agent")

    def test_row_167_switched_on_by_a_standard_variable(self):
        """otel: switched on with `enabled`, `service_name`, `endpoint` (default localhost:4317 in the source, gRPC; ours OTLP/HTTP, 4318)."""
        collector = self.collect()
        self.environment.update(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url + "/", OTEL_SERVICE_NAME="by-variable",
                                OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test%20lab,a=b",
                                OTEL_EXPORTER_OTLP_HEADERS="x-key=abc%3Ddef,other=1",
                                OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector.url + "/own/path")
        self.run_code()
        request = collector.wait_for("/own/path")[0]
        self.assertEqual((request["headers"]["x-key"], request["headers"]["other"]), ("abc=def", "1"))
        resource = attributes(request["body"]["resourceSpans"][0]["resource"])
        self.assertEqual((resource["service.name"], resource["deployment.environment.name"], resource["a"]),
                         ("by-variable", "test lab", "b"))
        collector.wait_for("/v1/metrics")

    def test_row_167_off_by_default_and_by_the_standard_switch(self):
        """otel: switched on with `enabled`, `service_name`, `endpoint` (default localhost:4317 in the source, gRPC; ours OTLP/HTTP, 4318)."""
        collector = self.collect()
        self.configure(f'[telemetry]\nendpoint = "{collector.url}"\n')
        self.run_code()
        self.environment.update(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SDK_DISABLED="true")
        self.run_code()
        self.assertEqual(collector.server.requests, [])

    def test_row_168_one_span_per_execution(self):
        """otel: one span per execution with the language and the code length as attributes."""
        collector = self.collect()
        self.environment.update(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
                                TRACEPARENT="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        code = "print(6 * 7)"
        answer, = self.ask("execute_code", ways=("command line",), language="python", code=code)
        self.assertEqual(answer.data["stdout"], "42\n", answer)
        span, spans = collector.span("execute python"), collector.spans()
        values = attributes(span)
        self.assertEqual((values["language"], values["code_length"], values["success"]), ("python", len(code), True))
        self.assertEqual((span["traceId"], span["parentSpanId"]),
                         ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"))
        self.assertRegex(span["spanId"], r"^[0-9a-f]{16}$")
        self.assertEqual((span["kind"], span["status"]["code"]), (1, 1))
        for name in ("startTimeUnixNano", "endTimeUnixNano"):
            self.assertRegex(span[name], r"^[0-9]{19}$")
        self.assertGreaterEqual(int(span["endTimeUnixNano"]), int(span["startTimeUnixNano"]))
        stages = [one for one in spans if one.get("parentSpanId") == span["spanId"]]
        self.assertIn("execute", [one["name"] for one in stages])

    def test_row_168_a_failure_has_an_error_and_a_log(self):
        """otel: one span per execution with the language and the code length as attributes."""
        collector = self.collect()
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        answer, = self.ask("execute_code", ways=("command line",), language="python", code="raise ValueError('no')")
        self.assertEqual(answer.error_kind, "code_error", answer)
        span = collector.span("execute python")
        self.assertEqual((span["status"]["code"], attributes(span)["error.type"]), (2, "code_error"))
        log = collector.wait_for("/v1/logs")[0]["body"]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
        self.assertEqual((log["severityNumber"], log["spanId"]), (17, span["spanId"]))

    def test_row_168_a_call_over_mcp_is_a_span_above(self):
        """otel: one span per execution with the language and the code length as attributes."""
        collector = self.collect()
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        client = self.client()
        parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        client.request("tools/call", {"name": "execute_code", "arguments": {"language": "python", "code": "print(1)"},
                                      "_meta": {"traceparent": parent}})
        call, execution = collector.span("tools/call execute_code"), collector.span("execute python")
        client.close()
        self.assertEqual((call["traceId"], call["parentSpanId"]), (parent[3:35], parent[36:52]))
        self.assertEqual(execution["parentSpanId"], call["spanId"])
        self.assertEqual((call["kind"], attributes(call)["gen_ai.tool.name"]), (2, "execute_code"))

    def test_row_169_count_and_duration(self):
        """otel: metrics: count and duration of executions by language and success."""
        collector = self.collect()
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        self.ask("execute_code", ways=("command line",), language="python", code="print(1)")
        count = collector.metrics("runharness.executions")[0]
        point, = count["sum"]["dataPoints"]
        self.assertEqual((count["sum"]["aggregationTemporality"], count["sum"]["isMonotonic"], point["asInt"]), (1, True, "1"))
        self.assertEqual(attributes(point), {"language": "python", "success": True})
        duration = collector.metrics("runharness.execution.duration")[0]
        self.assertEqual(duration["unit"], "s")
        point, = duration["histogram"]["dataPoints"]
        self.assertEqual((point["count"], attributes(point)), ("1", {"language": "python", "success": True}))
        self.assertEqual(len(point["bucketCounts"]), len(point["explicitBounds"]) + 1)
        self.assertEqual(sum(map(int, point["bucketCounts"])), 1)
        self.assertGreater(point["sum"], 0)

    def test_row_170_a_dead_collector_changes_nothing(self):
        """otel: a collector that is down does not fail or delay the run."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        for answer in self.run_code():
            self.assertEqual((answer.data["stdout"], answer.code in (0, None)), ("1\n", True), answer)

    def test_row_170_a_collector_that_never_answers_is_left(self):
        """otel: a collector that is down does not fail or delay the run."""
        with socket.socket() as silent:  # takes connections and says nothing
            silent.bind(("127.0.0.1", 0))
            silent.listen(16)
            self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
            self.environment["OTEL_EXPORTER_OTLP_TIMEOUT"] = "600000"
            # The harness's own deadline is below that timeout: an answer shows that it was not waited for.
            for answer in self.run_code():
                self.assertEqual(answer.data["stdout"], "1\n", answer)

    def test_row_170_a_refusal_is_said_and_no_more(self):
        """otel: a collector that is down does not fail or delay the run."""
        collector = self.collect((400,))
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        answer, = self.ask("execute_code", ways=("command line",), language="python", code="print(1)")
        self.assertEqual((answer.code, answer.data["stdout"]), (0, "1\n"), answer)

    def project_of_tests(self):
        self.write({"pyproject.toml": "[tool.pytest.ini_options]\n",
                    "test_a.py": "import pytest\ndef test_good(): pass\ndef test_bad(): assert 1 == 2\n"
                                 "@pytest.mark.skip\ndef test_left_out(): pass\n"})

    def test_row_168_a_run_of_tests_is_a_trace(self):
        """otel: one span per execution with the language and the code length as attributes."""
        collector = self.collect()
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        self.project_of_tests()
        done = self.run_line("test", "--isolation", "none")
        self.assertEqual(done.returncode, 1, done)
        spans = collector.spans(5)
        run, = [one for one in spans if one["name"].startswith("RUN ")]
        suite, = [one for one in spans if one.get("parentSpanId") == run["spanId"]]
        cases = {attributes(one)["test.case.name"]: one for one in spans if one.get("parentSpanId") == suite["spanId"]}
        self.assertEqual({name: attributes(one)["test.case.result.status"] for name, one in cases.items()},
                         {"test_good": "pass", "test_bad": "fail", "test_left_out": "skipped"})
        values = attributes(run)
        self.assertEqual((run["kind"], values["cicd.pipeline.result"], run["status"]["code"]), (2, "failure", 2))
        self.assertEqual((attributes(suite)["test.suite.run.status"], attributes(suite)["cicd.pipeline.task.run.result"]),
                         ("failure", "failure"))
        self.assertEqual(len({one["traceId"] for one in spans}), 1)
        self.assertEqual(collector.metrics("cicd.pipeline.run.duration")[0]["unit"], "s")
        modes = {attributes(one)["cpu.mode"] for one in collector.metrics("process.cpu.time")[0]["sum"]["dataPoints"]}
        self.assertEqual(modes, {"user", "system"})

    def test_row_170_tests_end_as_they_end(self):
        """otel: a collector that is down does not fail or delay the run."""
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
        self.project_of_tests()
        self.assertEqual(self.run_line("test", "--isolation", "none").returncode, 1)


class Referee(RowTest):
    """rotel refuses enumerations by name, ids in base64 and misspelt shapes."""

    def setUp(self):
        super().setUp()
        self.agent = need_chosen("ROTEL_AGENT", "rotel/rotel-agent")

    @staticmethod
    def free_port():
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            return one.getsockname()[1]

    def test_row_168_169_rotel_takes_all_signals(self):
        """otel: metrics: count and duration of executions by language and success."""
        port = self.free_port()
        log = open(self.folder / "rotel.log", "w+")
        self.addCleanup(log.close)
        rotel = subprocess.Popen(
            [self.agent, "start", "--exporter", "blackhole", "--debug-log", "traces", "--debug-log", "metrics",
             "--debug-log", "logs", "--debug-log-verbosity", "detailed", "--otlp-http-endpoint", f"127.0.0.1:{port}",
             "--otlp-grpc-endpoint", f"127.0.0.1:{self.free_port()}"], stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(rotel.wait)
        self.addCleanup(rotel.terminate)
        self.until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
        self.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        told = 0

        def all_told():
            text = re.sub(r"\x1b\[[0-9;]*m", "", (self.folder / "rotel.log").read_text(errors="replace"))
            return all(text.count(word) > told for word in ("execute python", "runharness.executions", "Body: Str(code_error"))

        # A server stays, so it hears the collector's answers.
        client = self.client()
        client.call("execute_code", {"language": "python", "code": "raise ValueError"})
        self.until(all_told)
        client.close()
        self.assertNotIn("telemetry", client.stderr())
        told = 1

        # A command leaves within milliseconds, before a busy collector has looked: then the next one is heard.
        def another_is_told():
            answer, = self.ask("execute_code", ways=("command line",), language="python", code="raise ValueError")
            self.assertNotIn("telemetry", answer.stderr)
            return all_told()
        self.until(another_is_told)

    def until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            if time.monotonic() > deadline:
                self.fail((self.folder / "rotel.log").read_text(errors="replace")[-4000:])
            time.sleep(0.02)  # rotel tells nobody when it is ready


if __name__ == "__main__":
    unittest.main()
