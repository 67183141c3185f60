"""Appends what pytest does to the event file of runharness (docs/formats/rh-events.md). PYTEST_DONT_REWRITE

Responsible for: begin and end of every test with the CPU time and peak memory of its window, one result per
test (worst of setup, call, teardown and subtests), collection errors, and pytest's own totals at the end.
It never changes the outcome of a test, and does nothing when the event file cannot be opened.

Works with Python 3.7+, pytest 6+, and pytest-xdist: workers write begin, end and result; the controller writes
expected, finish, and the result of a test whose worker died.
"""
import os
import resource
import threading
import time
from json.encoder import encode_basestring_ascii as _quote_ascii

import pytest

MESSAGE_LIMIT = 4 << 10
TEXT_LIMIT = 64 << 10
NAME_LIMIT = 200  # of a subtest's description
BUFFER_LIMIT = 64 << 10  # results of subtests that wait for the end of their test

_now = time.monotonic_ns
_cpu = time.process_time_ns
_rusage = resource.getrusage
_CHILDREN = resource.RUSAGE_CHILDREN


def _take_environment():
    """The event path, removed together with every trace of this plugin from the environment: processes that
    the tests start, nested pytest runs above all, must not write to our stream."""
    taken = {name: os.environ[name] for name in ("RUNHARNESS_EVENTS", "PYTEST_PLUGINS", "PYTHONPATH")
             if name in os.environ}
    os.environ.pop("RUNHARNESS_EVENTS", None)
    here = os.path.dirname(os.path.abspath(__file__))
    for name, separator, own in (("PYTEST_PLUGINS", ",", __name__), ("PYTHONPATH", os.pathsep, here)):
        parts = os.environ.get(name, "").split(separator)
        if own in parts:
            parts.remove(own)
            if parts:
                os.environ[name] = separator.join(parts)
            else:
                del os.environ[name]
    return taken


_TAKEN = _take_environment()
_START = os.getcwd()


def quote(text):
    quoted = _quote_ascii(text)
    if "\\ud" in quoted:  # a lone surrogate is not valid in JSON for every reader
        quoted = _quote_ascii(text.encode("utf-8", "replace").decode("utf-8"))
    return quoted


def bounded(text, limit):
    if len(text) * 4 <= limit:
        return text
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    head, tail = limit // 4, limit - limit // 4 - 64
    return "%s\n... (%d bytes cut)\n%s" % (
        data[:head].decode("utf-8", "ignore"), len(data) - head - tail, data[-tail:].decode("utf-8", "ignore"))


class Stream:
    """The event file of this process; one write() per call, so that lines of several processes never mix."""

    def __init__(self, path):
        self.path = path
        self.fd = self._open()

    def _open(self):
        try:
            return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return -1

    def write(self, text):
        data = text.encode("ascii")
        try:
            os.write(self.fd, data)
        except OSError:  # a test closed our descriptor
            self.fd = self._open()
            if self.fd >= 0:
                try:
                    os.write(self.fd, data)
                except OSError:
                    pass


class Memory:
    """High-water mark of this process, reset at the begin of a test. Kept descriptors: 4 us instead of 20."""

    def __init__(self):
        self.pid = 0
        self.reason = None
        self.refs = self.status = -1

    def _open(self, pid):
        self.pid, self.reason = pid, None
        try:
            self.refs = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
            self.status = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.reason = "/proc/self/%s: %s" % (os.path.basename(str(error.filename)), error.strerror)

    def reset(self, pid):
        if self.pid != pid:  # first use, or a forked child that inherited descriptors of its parent
            self._open(pid)
        if self.reason is None:
            try:
                os.write(self.refs, b"5")
            except OSError as error:
                self.reason = "resetting the peak through /proc/self/clear_refs: %s" % error.strerror

    def peak(self):
        """Bytes, or None with self.reason."""
        if self.reason is not None:
            return None
        try:
            status = os.pread(self.status, 4096, 0)
            start = status.index(b"VmHWM:") + 6
            return int(status[start:status.index(b"kB", start)]) << 10
        except (OSError, ValueError) as error:
            self.reason = "/proc/self/status has no usable VmHWM: %s" % error
            return None


class Test:
    """One attempt of one item: what begin saw, and what its reports said so far."""

    __slots__ = ("item_id", "key", "pid", "identity", "name", "attempt", "cpu", "child_cpu", "child_peak", "shared", "outcome", "duration",
                 "message", "details", "stdout", "stderr", "buffer", "subtests", "failed_subtests", "reported", "began")

    def __init__(self, nodeid, attempt):
        self.item_id = nodeid
        self.attempt = attempt
        self.outcome = "passed"
        self.duration = 0.0
        self.message = self.details = self.stdout = self.stderr = ""
        self.buffer = []
        self.subtests = self.failed_subtests = 0
        self.reported = self.began = self.shared = False


_RANK = {"passed": 0, "unexpected_pass": 1, "skipped": 2, "expected_failure": 2, "errored": 3, "failed": 4,
         "timed_out": 5}


def describe_subtest(context):
    parts = []
    if getattr(context, "msg", None) is not None:
        parts.append("[%s]" % (context.msg,))
    if getattr(context, "kwargs", None):
        parts.append("(%s)" % ", ".join("%s=%s" % pair for pair in context.kwargs.items()))
    return " ".join(parts)[:NAME_LIMIT] or "(<subtest>)"


def outcome_of(report, has_timeout):
    """The outcome that pytest's own summary counts for this report alone."""
    xfail = hasattr(report, "wasxfail")
    if report.outcome == "passed":
        return "unexpected_pass" if xfail and report.when == "call" else "passed"
    if report.outcome == "skipped":
        return "expected_failure" if xfail else "skipped"
    if report.when in ("setup", "teardown"):
        return "errored"
    if has_timeout and message_of(report).startswith("Failed: Timeout "):
        return "timed_out"
    return "failed"


def message_of(report):
    if hasattr(report, "wasxfail"):
        reason = report.wasxfail
        return reason[8:] if reason.startswith("reason: ") else reason
    longrepr = report.longrepr
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        reason = str(longrepr[2])
        return reason[9:] if reason.startswith("Skipped: ") else reason
    crash = getattr(longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else longrepr or "")


def location_of(report):
    longrepr = report.longrepr
    return "%s:%s: " % longrepr[:2] if isinstance(longrepr, tuple) and len(longrepr) == 3 else ""


class Recorder:
    def __init__(self, config, stream, worker):
        self.config = config
        self.stream = stream
        self.worker = worker  # "gw0" in an xdist worker
        self.memory = Memory()
        self.active = {}  # nodeid -> Test
        self.attempts = {}  # nodeid -> how often it began
        self.lock = threading.Lock()
        self.prefixes = {}
        self.disabled = False
        self.expected_written = False
        self.has_timeout = config.pluginmanager.hasplugin("timeout")
        root = str(getattr(config, "rootpath", None) or config.rootdir)
        relative = os.path.relpath(root, _START)
        self.base = "" if relative == "." else relative
        stream.write('{"e":"session","t":%d,"pid":%d,"runner":"pytest","version":%s,"v":1}\n'
                     % (_now(), os.getpid(), quote(pytest.__version__)))

    def is_controller(self):
        return not self.worker and self.config.pluginmanager.hasplugin("dsession")

    # --- identity -------------------------------------------------------------------------------

    def file_of(self, path):
        """Relative to the folder pytest was started in, which is where node ids of the command line start."""
        return os.path.normpath(os.path.join(self.base, path)) if self.base else path

    def identity(self, nodeid, line, parent=None, suffix=""):
        """Name and JSON members that name a test. The name is the node id behind the file, so file::name selects
        the test again. Only text before the first '[' is structure: parameters may contain '::'."""
        path, separator, tail = nodeid.partition("::")
        if not separator:
            tail = self.file_of(path)
        prefix = self.prefixes.get(path)
        if prefix is None:
            module = path[:-3] if path.endswith(".py") else path
            prefix = (',"file":%s' % quote(self.file_of(path)), module.replace("/", "."))
            self.prefixes[path] = prefix
        scope = tail.partition("[")[0].rpartition("::")[0]
        cls = prefix[1] + "." + scope.replace("::", ".") if scope else prefix[1]
        members = ',"name":%s%s,"class":%s' % (quote(tail + suffix), prefix[0], quote(cls))
        if line is not None:
            members += ',"line":%d' % line
        if parent is not None:
            members += ',"parent":%s' % quote(parent)
        return tail, members

    def key_of(self, nodeid, attempt, worker):
        key = nodeid + "@" + worker if worker else nodeid
        return quote(key if attempt == 1 else "%s#%d" % (key, attempt))

    # --- begin and end --------------------------------------------------------------------------

    def make_test(self, nodeid, location):
        attempt = self.attempts.get(nodeid, 0) + 1
        self.attempts[nodeid] = attempt
        test = Test(nodeid, attempt)
        test.key = self.key_of(nodeid, attempt, self.worker)
        line = location[1] + 1 if location and location[1] is not None and nodeid.startswith(location[0]) else None
        test.name, test.identity = self.identity(nodeid, line)
        return test

    def begin(self, nodeid, location):
        test = self.make_test(nodeid, location)
        test.pid = os.getpid()
        test.began = True
        if self.active:  # another thread runs a test of this process
            test.shared = True
            for other in list(self.active.values()):
                other.shared = True
        self.active[nodeid] = test
        self.stream.write('{"e":"begin","t":%d,"pid":%d,"key":%s%s}\n' % (_now(), test.pid, test.key, test.identity))
        children = _rusage(_CHILDREN)
        test.child_cpu = children.ru_utime + children.ru_stime
        test.child_peak = children.ru_maxrss
        self.memory.reset(test.pid)
        test.cpu = _cpu()
        return test

    def end_line(self, test):
        cpu = _cpu() - test.cpu
        peak = self.memory.peak()
        children = _rusage(_CHILDREN)
        cpu += int((children.ru_utime + children.ru_stime - test.child_cpu) * 1e9 + 0.5)
        if peak is None:
            memory = '"peak_bytes":null,"peak_reason":%s' % quote(str(self.memory.reason))
        else:
            if children.ru_maxrss > test.child_peak:
                peak = max(peak, children.ru_maxrss << 10)
            memory = '"peak_bytes":%d' % peak
        return '{"e":"end","t":%d,"pid":%d,"key":%s,"cpu_ns":%d,%s,"scope":"%s"}\n' % (
            _now(), test.pid, test.key, cpu, memory, "shared_window" if test.shared else "exact_window")

    def finish_attempt(self, test):
        """end and result in one write."""
        lines = test.buffer
        if test.began:
            lines.append(self.end_line(test))
        if test.reported:
            if test.failed_subtests and _RANK[test.outcome] < _RANK["errored"]:
                test.outcome = "failed"
                test.message = "contains %d failed subtest%s" % (
                    test.failed_subtests, "s" if test.failed_subtests > 1 else "")
            lines.append(self.result_line(test.key, test.identity, test.outcome, test.duration, test.attempt,
                                          test.message, test.details, test.stdout, test.stderr))
        if self.active.get(test.item_id) is test:
            del self.active[test.item_id]
        if lines:
            self.stream.write("".join(lines))

    def result_line(self, key, identity, outcome, duration, attempt=1, message="", details="", stdout="", stderr="",
                    kind=""):
        members = ""
        if duration is not None:
            members = ',"duration_ns":%d' % int(duration * 1e9 + 0.5)
        if attempt > 1:
            members += ',"attempt":%d' % attempt
        for name, text, limit in (("message", message, MESSAGE_LIMIT), ("details", details, TEXT_LIMIT),
                                  ("stdout", stdout, TEXT_LIMIT), ("stderr", stderr, TEXT_LIMIT)):
            if text:
                members += ',"%s":%s' % (name, quote(bounded(text, limit)))
        return '{"e":"result","t":%d,"pid":%d,"key":%s%s%s,"outcome":"%s"%s}\n' % (
            _now(), os.getpid(), key, identity, kind, outcome, members)

    # --- reports --------------------------------------------------------------------------------

    def report(self, report):
        test = self.active.get(report.nodeid)
        if test is None:
            if self.is_controller():
                if report.when not in ("setup", "call", "teardown"):
                    self.lost_worker(report)
                return
            test = self.make_test(report.nodeid, report.location)  # a plugin that bypasses the protocol
            self.active[report.nodeid] = test
        if hasattr(report, "context") and type(report).__name__ in ("SubtestReport", "SubTestReport"):
            self.subtest(test, report)
            return
        test.reported = True
        test.duration += report.duration
        if report.outcome == "rerun":
            self.rerun(test, report)
            return
        if report.outcome != "passed" or hasattr(report, "wasxfail"):
            self.note(test, report)
        if not test.began and report.when == "teardown":
            self.finish_attempt(test)

    def note(self, test, report):
        outcome = outcome_of(report, self.has_timeout)
        if _RANK[outcome] > _RANK[test.outcome]:
            test.outcome = outcome
            test.message = message_of(report)
            if outcome == "skipped" and report.longrepr:
                test.details = location_of(report) + test.message
        if _RANK[outcome] >= _RANK["errored"]:
            text = str(report.longrepr)
            test.details = test.details + "\n" + text if test.details else text
            self.take_sections(test, report)

    @staticmethod
    def take_sections(test, report):
        outputs = {"stdout": [], "stderr": [], "log": []}
        for title, content in report.sections:
            words = title.split()
            if len(words) > 1 and words[0] == "Captured" and words[1] in outputs:
                outputs[words[1]].append(content)
            else:
                outputs["log"].append("--- %s ---\n%s" % (title, content))
        test.stdout, test.stderr = "".join(outputs["stdout"]), "".join(outputs["stderr"])
        if outputs["log"]:
            test.stderr += ("\n" if test.stderr else "") + "--- log ---\n" + "\n".join(outputs["log"])

    def rerun(self, test, report):
        """pytest-rerunfailures drops this attempt and starts the next inside the same protocol call."""
        report.outcome = "failed"
        try:
            self.note(test, report)
        finally:
            report.outcome = "rerun"
        began = test.began
        self.finish_attempt(test)
        if began:
            self.begin(test.item_id, report.location)

    def subtest(self, test, report):
        test.subtests += 1
        outcome = outcome_of(report, self.has_timeout)
        failed = _RANK[outcome] >= _RANK["errored"]
        test.failed_subtests += failed
        _, identity = self.identity(test.item_id, None, test.name, " " + describe_subtest(report.context))
        part = Test(test.item_id, test.attempt)
        if failed:
            part.details = str(report.longrepr)
            self.take_sections(part, report)
        test.buffer.append(self.result_line(
            test.key[:-1] + '::%d"' % test.subtests, identity, outcome, report.duration, test.attempt,
            "" if outcome == "passed" else message_of(report), part.details, part.stdout, part.stderr,
            kind=',"kind":"subtest"'))
        if len(test.buffer) > 100:
            self.stream.write("".join(test.buffer))
            test.buffer.clear()

    def lost_worker(self, report):
        """xdist's report of a test whose worker died: only the controller can tell. pytest counts it as failed."""
        worker = getattr(getattr(getattr(report, "node", None), "gateway", None), "id", "")
        _, identity = self.identity(report.nodeid, None)
        self.attempts[report.nodeid] = self.attempts.get(report.nodeid, 0) + 1
        message = message_of(report)
        self.stream.write(self.result_line(self.key_of(report.nodeid, 1, worker), identity, "failed", None,
                                           self.attempts[report.nodeid], message, message))

    def collect_report(self, report):
        if report.outcome == "passed" or self.worker:
            return
        if report.outcome == "skipped":  # a module that skips itself; pytest counts it as one skipped test
            tail, identity = self.identity(report.nodeid, None)
            self.stream.write(self.result_line(self.key_of(report.nodeid, 1, ""), identity, "skipped", None, 1,
                                               message_of(report), location_of(report) + message_of(report)))
            return
        message = message_of(report).strip().splitlines()
        # A syntax error's own line is the last one of the text, an exception's first line its name.
        line = next((text[1:].strip() for text in reversed(message) if text.startswith("E ")), "")
        self.error(self.file_of(report.nodeid.partition("::")[0]), line or (message[0] if message else "collection failed"),
                   str(report.longrepr))

    def error(self, path, message, details):
        self.stream.write('{"e":"error","t":%d,"pid":%d%s,"message":%s,"details":%s}\n' % (
            _now(), os.getpid(), ',"file":%s' % quote(path) if path else "", quote(bounded(message, MESSAGE_LIMIT)),
            quote(bounded(details, TEXT_LIMIT))))

    # --- totals ---------------------------------------------------------------------------------

    def expected(self, count):
        if not self.expected_written and not self.config.getoption("collectonly", False):
            self.expected_written = True
            self.stream.write('{"e":"expected","t":%d,"pid":%d,"count":%d}\n' % (_now(), os.getpid(), count))

    def totals(self, exit_code):
        """pytest's own lists. A test that failed and whose teardown broke is in two of them, so `tests` counts
        errors other than those of teardown; subtests are counted apart, passed or not."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        counts = ""
        if reporter is not None:
            tests = subtests = 0
            for category, name in (("passed", "passed"), ("failed", "failed"), ("skipped", "skipped"),
                                   ("error", "errors"), ("xfailed", "xfailed"), ("xpassed", "xpassed"),
                                   ("", ""), ("subtests passed", "")):
                reports = reporter.stats.get(category, ())
                parts = sum(1 for report in reports if hasattr(report, "context"))
                subtests += parts
                if name:
                    counts += ',"%s":%d' % (name, len(reports) - parts)
                    tests += sum(1 for report in reports if not hasattr(report, "context")
                                 and (name != "errors" or getattr(report, "when", "") != "teardown"))
            counts += ',"tests":%d,"subtests":%d,"text":%s' % (tests, subtests, quote(summary_text(reporter)))
        self.stream.write('{"e":"finish","t":%d,"pid":%d,"exit":%d%s}\n' % (_now(), os.getpid(), exit_code, counts))


def summary_text(reporter):
    try:
        return ", ".join(part for part, _ in reporter.build_summary_stats_line()[0])
    except Exception:  # not a public interface of pytest
        order = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "error")
        return ", ".join("%d %s" % (len(reporter.stats[name]), name) for name in order if reporter.stats.get(name))


_recorder = None  # of the outermost session of this process


def pytest_configure(config):
    global _recorder
    if _recorder is not None:
        return
    path = _TAKEN.get("RUNHARNESS_EVENTS")
    if not path:
        return
    stream = Stream(path)
    if stream.fd >= 0:
        _recorder = Recorder(config, stream, getattr(config, "workerinput", {}).get("workerid", ""))


def _recorder_of(config):
    """Nested sessions inside a test have another config: they are not ours to report."""
    recorder = _recorder
    return recorder if recorder is not None and recorder.config is config and not recorder.disabled else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config):
    """The controller runs no tests, so it can keep what its workers, the first ones and those that replace dead
    ones, have to inherit."""
    if _recorder_of(config):
        os.environ.update(_TAKEN)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    recorder = _recorder_of(node.config)
    if recorder:
        recorder.expected(len(ids))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    recorder = _recorder_of(session.config)
    if recorder and not recorder.worker:
        recorder.expected(len(session.items))


def pytest_collectreport(report):
    if _recorder is not None and not _recorder.disabled and not _recorder.active:
        _recorder.collect_report(report)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    recorder = _recorder_of(item.config)
    if recorder is None:
        yield
        return
    nodeid = item.nodeid
    recorder.begin(nodeid, item.location)
    outcome = yield
    test = recorder.active.get(nodeid)
    if test is None:
        return
    if os.getpid() != test.pid:
        recorder.disabled = True  # a forked child fell out of its test: the parent reports
        return
    error = outcome.excinfo
    if error is not None:
        if not issubclass(error[0], pytest.exit.Exception):
            return  # interrupted: the test did not end
        test.reported = True
        test.outcome, test.message = "errored", "pytest.exit: %s" % error[1]
    recorder.finish_attempt(test)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    if _recorder is not None and not _recorder.disabled:
        _recorder.report(report)


def pytest_internalerror(excrepr):
    if _recorder is not None and not _recorder.disabled:
        text = str(excrepr)
        _recorder.error("", "internal error of pytest: " + text.strip().rpartition("\n")[2], text)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    yield
    recorder = _recorder_of(session.config)
    if recorder and not recorder.worker:
        recorder.totals(int(getattr(session, "exitstatus", exitstatus)))
