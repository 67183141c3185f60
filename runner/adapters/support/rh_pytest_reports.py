"""Reads pytest's report objects: the outcome that pytest's own summary counts, messages, captured output, totals.
PYTEST_DONT_REWRITE
"""

NAME_LIMIT = 200  # of a subtest's description

# How bad an outcome is, for a test of several reports. A failed call outranks a broken teardown.
RANK = {"passed": 0, "unexpected_pass": 1, "skipped": 2, "expected_failure": 2, "errored": 3, "failed": 4,
        "timed_out": 5}
BROKEN = RANK["errored"]


def is_subtest(report):
    """pytest 9 calls the class SubtestReport, the pytest-subtests plugin before it SubTestReport."""
    return hasattr(report, "context") and type(report).__name__ in ("SubtestReport", "SubTestReport")


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


def _without(text, prefix):
    return text[len(prefix):] if text.startswith(prefix) else text


def _is_skip(longrepr):
    """(file, line, reason) of a skip."""
    return isinstance(longrepr, tuple) and len(longrepr) == 3


def message_of(report):
    if hasattr(report, "wasxfail"):
        return _without(str(report.wasxfail), "reason: ")
    longrepr = report.longrepr
    if _is_skip(longrepr):
        return _without(str(longrepr[2]), "Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else longrepr or "")


def skip_details(report):
    message = message_of(report)
    return "%s:%s: %s" % (report.longrepr[:2] + (message,)) if _is_skip(report.longrepr) else message


def collect_message(report):
    """The last line marked as error: a SyntaxError's own line, an exception's name and text."""
    lines = message_of(report).strip().splitlines()
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return marked[-1] if marked else lines[0] if lines else "collection failed"


def captured_of(report):
    """What the test printed and logged, as (stdout, stderr)."""
    outputs = {"stdout": [], "stderr": [], "log": []}
    for title, content in report.sections:
        words = title.split()
        if len(words) > 1 and words[0] == "Captured" and words[1] in outputs:
            outputs[words[1]].append(content)
        else:
            outputs["log"].append("--- %s ---\n%s" % (title, content))
    if outputs["log"]:
        outputs["stderr"].append("\n--- log ---\n" if outputs["stderr"] else "--- log ---\n")
    return "".join(outputs["stdout"]), "".join(outputs["stderr"]) + "\n".join(outputs["log"])


def native_counts(reporter):
    """pytest's own lists as event members. A test can be in two of them (failed, and its teardown broke; passed, and
    rerun because its teardown broke), so `tests` counts names; subtests are counted apart, passed or not."""
    counts = {}
    names = set()
    subtests = 0
    for category, member in (("passed", "passed"), ("failed", "failed"), ("skipped", "skipped"), ("error", "errors"),
                             ("xfailed", "xfailed"), ("xpassed", "xpassed"), ("", None), ("subtests passed", None)):
        reports = reporter.stats.get(category, ())
        whole = [report for report in reports if not hasattr(report, "context")]
        subtests += len(reports) - len(whole)
        if member:
            counts[member] = len(whole)
            names.update(report.nodeid for report in whole)
    counts["tests"], counts["subtests"] = len(names), subtests
    return counts


def summary_text(reporter):
    try:
        return ", ".join(part for part, _ in reporter.build_summary_stats_line()[0])
    except Exception:  # not a public interface of pytest
        order = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "error")
        return ", ".join("%d %s" % (len(reporter.stats[name]), name) for name in order if reporter.stats.get(name))
