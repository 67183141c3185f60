"""Turns what the hooks of the pytest plugin see into lines of the event file (docs/formats/rh-events.md).
PYTEST_DONT_REWRITE

One test is one result: the worst of setup, call, teardown and subtests. Lines are put together by hand because
json.dumps would cost more than the rest of the plugin.
"""
import os
import resource
import time

import pytest

from rh_pytest_process import Memory, bounded, quote
from rh_pytest_reports import (BROKEN, RANK, captured_of, collect_message, describe_subtest, is_subtest, message_of,
                               native_counts, outcome_of, skip_details, summary_text)

MESSAGE_LIMIT = 4 << 10
TEXT_LIMIT = 64 << 10
WAITING_LIMIT = 100  # results of subtests that wait for the end of their test

_now = time.monotonic_ns
_cpu = time.process_time_ns
_rusage = resource.getrusage
_CHILDREN = resource.RUSAGE_CHILDREN


class Test:
    """One attempt of one item: what begin saw, and what its reports said so far."""

    __slots__ = ("nodeid", "item", "attempt", "key", "name", "identity", "pid", "cpu", "child_cpu", "child_peak", "began",
                 "shared", "reported", "outcome", "duration", "message", "details", "stdout", "stderr", "waiting",
                 "subtests", "failed_subtests")

    def __init__(self, nodeid, item, attempt):
        self.nodeid = nodeid
        self.item = item
        self.attempt = attempt
        self.began = self.shared = self.reported = False
        self.outcome = "passed"
        self.duration = 0.0
        self.message = self.details = self.stdout = self.stderr = ""
        self.waiting = []
        self.subtests = self.failed_subtests = 0


class Recorder:
    def __init__(self, config, stream, worker, start_folder):
        self.config = config
        self.stream = stream
        self.worker = worker  # "gw0" in a worker of xdist, else ""
        self.memory = Memory()
        self.active = {}  # nodeid -> Test
        self.runs = {}  # nodeid -> how often it began, the id() of the item that did, and its attempts
        self.namesakes = False  # several items have one nodeid: custom items do that
        self.prefixes = {}  # path of a nodeid -> its JSON member and its dotted name
        self.disabled = False
        self.expected_written = False
        self.has_timeout = config.pluginmanager.hasplugin("timeout")
        self.root = str(getattr(config, "rootpath", None) or config.rootdir)  # where node ids start
        self.start_folder = start_folder
        stream.write('{"e":"session","t":%d,"pid":%d,"runner":"pytest","version":%s,"v":1}\n'
                     % (_now(), os.getpid(), quote(pytest.__version__)))

    def is_controller(self):
        return not self.worker and self.config.pluginmanager.hasplugin("dsession")

    # --- names ----------------------------------------------------------------------------------

    def file_of(self, path):
        """Relative to the folder pytest was started in, where node ids of its command line start too."""
        if self.root == self.start_folder:
            return path
        return os.path.relpath(os.path.join(self.root, path), self.start_folder)

    def identity(self, nodeid, line=None, parent=None, suffix=""):
        """(name, members that name the test). The name is the node id behind the file, so that file::name selects
        the test again. Only text before the first '[' has structure: parameters may contain '::'."""
        path, separator, name = nodeid.partition("::")
        if not separator:
            name = self.file_of(path)
        prefix = self.prefixes.get(path)
        if prefix is None:
            module = path[:-3] if path.endswith(".py") else path
            prefix = self.prefixes[path] = (',"file":' + quote(self.file_of(path)), module.replace("/", "."))
        scope = name.partition("[")[0].rpartition("::")[0] if separator else ""
        class_name = prefix[1] + "." + scope.replace("::", ".") if scope else prefix[1]
        members = ',"name":%s%s,"class":%s' % (quote(name + suffix), prefix[0], quote(class_name))
        if line is not None:
            members += ',"line":%d' % line
        if parent is not None:
            members += ',"parent":' + quote(parent)
        return name, members

    @staticmethod
    def key_of(nodeid, attempt, worker):
        key = nodeid + "@" + worker if worker else nodeid
        return quote(key if attempt == 1 else "%s#%d" % (key, attempt))

    # --- begin and end --------------------------------------------------------------------------

    def count_run(self, nodeid, item):
        """(runs of that name, attempts of that item): the same item again is the next attempt, another one a test of
        its own."""
        runs, known, attempts = self.runs.get(nodeid, (0, item, 0))
        attempts = attempts + 1 if known == item else 1
        self.runs[nodeid] = (runs + 1, item, attempts)
        return runs + 1, attempts

    def make_test(self, nodeid, location, item):
        run, attempt = self.count_run(nodeid, item)
        test = Test(nodeid, item, attempt)
        test.key = self.key_of(nodeid, run, self.worker)
        # A test method inherited from another file has its line there, which says nothing about this file.
        known = location and location[1] is not None and nodeid.startswith(location[0])
        test.name, test.identity = self.identity(nodeid, location[1] + 1 if known else None)
        self.active[nodeid] = test
        return test

    def begin(self, nodeid, location, item):
        others = list(self.active.values())
        test = self.make_test(nodeid, location, item)
        test.pid = os.getpid()
        test.began = True
        for other in others:  # threads of this process run them at the same time
            other.shared = test.shared = True
        self.stream.write('{"e":"begin","t":%d,"pid":%d,"key":%s%s}\n' % (_now(), test.pid, test.key, test.identity))
        children = _rusage(_CHILDREN)
        test.child_cpu = children.ru_utime + children.ru_stime
        test.child_peak = children.ru_maxrss
        self.memory.reset(test.pid)
        test.cpu = _cpu()

    def end_line(self, test):
        cpu = _cpu() - test.cpu
        peak = self.memory.peak()
        children = _rusage(_CHILDREN)
        cpu += int((children.ru_utime + children.ru_stime - test.child_cpu) * 1e9 + 0.5)
        if peak is None:
            memory = '"peak_bytes":null,"peak_reason":' + quote(str(self.memory.reason))
        else:
            # A child's own mark counts only when a child of this window raised the highest one so far.
            if children.ru_maxrss > test.child_peak:
                peak = max(peak, children.ru_maxrss << 10)
            memory = '"peak_bytes":%d' % peak
        return '{"e":"end","t":%d,"pid":%d,"key":%s,"cpu_ns":%d,%s,"scope":"%s"}\n' % (
            _now(), test.pid, test.key, cpu, memory, "shared_window" if test.shared else "exact_window")

    def result_line(self, key, identity, outcome, duration=None, attempt=1, message="", details="", stdout="",
                    stderr="", kind=""):
        members = "" if duration is None else ',"duration_ns":%d' % int(duration * 1e9 + 0.5)
        if attempt > 1:
            members += ',"attempt":%d' % attempt
        if outcome != "passed":
            for name, text, limit in (("message", message, MESSAGE_LIMIT), ("details", details, TEXT_LIMIT),
                                      ("stdout", stdout, TEXT_LIMIT), ("stderr", stderr, TEXT_LIMIT)):
                if text:
                    members += ',"%s":%s' % (name, quote(bounded(text, limit)))
        return '{"e":"result","t":%d,"pid":%d,"key":%s%s%s,"outcome":"%s"%s}\n' % (
            _now(), os.getpid(), key, identity, kind, outcome, members)

    def finish(self, test):
        """Subtests, end and result in one write."""
        lines = test.waiting
        if test.began:
            lines.append(self.end_line(test))
        if test.reported:
            if test.failed_subtests and RANK[test.outcome] < BROKEN:
                test.outcome = "failed"
                test.message = "contains %d failed subtest%s" % (
                    test.failed_subtests, "s" if test.failed_subtests > 1 else "")
            lines.append(self.result_line(test.key, test.identity, test.outcome, test.duration, test.attempt,
                                          test.message, test.details, test.stdout, test.stderr))
        if self.active.get(test.nodeid) is test:
            del self.active[test.nodeid]
        if lines:
            self.stream.write("".join(lines))

    def exited(self, test, reason):
        """The test called pytest.exit: pytest counts it nowhere."""
        test.reported = True
        test.outcome, test.message = "errored", "pytest.exit: %s" % reason
        self.finish(test)

    # --- reports --------------------------------------------------------------------------------

    def report(self, report):
        test = self.active.get(report.nodeid)
        if test is None:
            if self.is_controller():  # the worker has told it, unless it is dead
                if report.when not in ("setup", "call", "teardown"):
                    self.lost_worker(report)
                return
            test = self.make_test(report.nodeid, report.location, 0)  # a plugin that bypasses the protocol hook
        if is_subtest(report):
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
            self.finish(test)

    def note(self, test, report):
        outcome = outcome_of(report, self.has_timeout)
        if RANK[outcome] > RANK[test.outcome]:
            test.outcome, test.message = outcome, message_of(report)
            if outcome == "skipped":
                test.details = skip_details(report)
        if RANK[outcome] >= BROKEN:
            text = str(report.longrepr)
            test.details = test.details + "\n\n" + text if test.details else text
            test.stdout, test.stderr = captured_of(report)

    def rerun(self, test, report):
        """pytest-rerunfailures drops this attempt and starts the next inside the same protocol call."""
        report.outcome = "failed"
        try:
            self.note(test, report)
        finally:
            report.outcome = "rerun"
        self.finish(test)
        if test.began:
            self.begin(test.nodeid, report.location, test.item)

    def subtest(self, test, report):
        test.subtests += 1
        outcome = outcome_of(report, self.has_timeout)
        details = stdout = stderr = ""
        if RANK[outcome] >= BROKEN:
            test.failed_subtests += 1
            details = str(report.longrepr)
            stdout, stderr = captured_of(report)
        _, identity = self.identity(test.nodeid, None, test.name, " " + describe_subtest(report.context))
        message = "" if outcome == "passed" else message_of(report)
        test.waiting.append(self.result_line('%s::%d"' % (test.key[:-1], test.subtests), identity, outcome,
                                             report.duration, test.attempt, message, details, stdout, stderr,
                                             ',"kind":"subtest"'))
        if len(test.waiting) > WAITING_LIMIT:
            self.stream.write("".join(test.waiting))
            test.waiting.clear()

    def lost_worker(self, report):
        """xdist's report of a test whose worker died: only the controller can tell. pytest counts it as failed."""
        worker = getattr(getattr(getattr(report, "node", None), "gateway", None), "id", "")
        _, attempt = self.count_run(report.nodeid, 0)
        _, identity = self.identity(report.nodeid)
        message = message_of(report)
        self.stream.write(self.result_line(self.key_of(report.nodeid, 1, worker), identity, "failed", None, attempt,
                                           message, message))

    def collect_report(self, report):
        if report.outcome == "passed" or self.worker:
            return
        if report.outcome == "skipped":  # a module that skips itself; pytest counts it as one skipped test
            _, identity = self.identity(report.nodeid)
            self.stream.write(self.result_line(self.key_of(report.nodeid, 1, ""), identity, "skipped", None, 1,
                                               message_of(report), skip_details(report)))
        else:
            self.error(self.file_of(report.nodeid.partition("::")[0]), collect_message(report), str(report.longrepr))

    def error(self, path, message, details):
        self.stream.write('{"e":"error","t":%d,"pid":%d%s,"message":%s,"details":%s}\n' % (
            _now(), os.getpid(), ',"file":' + quote(path) if path else "", quote(bounded(message, MESSAGE_LIMIT)),
            quote(bounded(details, TEXT_LIMIT))))

    # --- totals ---------------------------------------------------------------------------------

    def expected(self, nodeids):
        count = len(nodeids)
        self.namesakes = self.namesakes or len(set(nodeids)) < count
        each = self.config.getoption("dist", "no") == "each"  # every worker runs everything
        if (each or not self.expected_written) and not self.config.getoption("collectonly", False):
            self.expected_written = True
            self.stream.write('{"e":"expected","t":%d,"pid":%d,"count":%d}\n' % (_now(), os.getpid(), count))

    def totals(self, session, exit_code):
        members = ""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            counts = native_counts(reporter)
            if self.namesakes or self.config.getoption("dist", "no") == "each":
                del counts["tests"]  # one name is several tests
            members = "".join(',"%s":%d' % count for count in counts.items())
            stopped = session.shouldfail or session.shouldstop  # "stopping after 1 failures"
            text = summary_text(reporter) + ("; %s" % (stopped,) if stopped else "")
            members += ',"text":' + quote(bounded(text, MESSAGE_LIMIT))
        self.stream.write('{"e":"finish","t":%d,"pid":%d,"exit":%d%s}\n' % (_now(), os.getpid(), exit_code, members))
