"""The pytest plugin of runharness: reports tests, their CPU time and peak memory to an event file. PYTEST_DONT_REWRITE

Loaded by PYTEST_PLUGINS, which works with PYTEST_DISABLE_PLUGIN_AUTOLOAD too. It never changes the outcome of a
test, and does nothing when the file named by RUNHARNESS_EVENTS cannot be opened.

Works with Python 3.7+, pytest 6+ (hence hookwrapper: pluggy knows wrapper only since 1.2), and pytest-xdist: workers
write begin, end and result; the controller writes expected, finish, and the result of a test whose worker died.
"""
import os

import pytest

from rh_pytest_process import Stream
from rh_pytest_recorder import Recorder


def _take_environment():
    """What brought this plugin here, removed from the environment: processes that the tests start, nested pytest
    runs above all, must not write to our stream."""
    own_names = ("RUNHARNESS_EVENTS", "RUNHARNESS_LEFT_OUT", "RUNHARNESS_REACH")
    taken = {name: os.environ[name] for name in own_names + ("PYTEST_PLUGINS", "PYTHONPATH") if name in os.environ}
    for name in own_names:
        os.environ.pop(name, None)
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
_START_FOLDER = os.getcwd()
_recorder = None  # of the outermost session of this process


def pytest_configure(config):
    global _recorder
    path = _TAKEN.get("RUNHARNESS_EVENTS")
    if _recorder is not None or not path:
        return
    stream = Stream(path)
    if stream.usable:
        worker = getattr(config, "workerinput", {}).get("workerid", "")
        _recorder = Recorder(config, stream, worker, _START_FOLDER)
        _watch_reach(config, _recorder)


def _watch_reach(config, recorder):
    """Tests to leave out, and who tests what, where the run asks for them."""
    left_out, notes = _TAKEN.get("RUNHARNESS_LEFT_OUT"), _TAKEN.get("RUNHARNESS_REACH")
    if not left_out and not notes:
        return
    from rh_pytest_reach import Reach, Selection
    if left_out:
        config.pluginmanager.register(Selection(left_out, recorder.file_of), "rh_selection")
    if notes and not recorder.is_controller():
        config.pluginmanager.register(Reach(notes, recorder.file_of), "rh_reach")


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
        recorder.expected(ids)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    recorder = _recorder_of(session.config)
    # After an error of collection pytest runs nothing, unless told to.
    if recorder and not recorder.worker and (
            not session.testsfailed or session.config.getoption("continue_on_collection_errors", False)):
        recorder.expected([item.nodeid for item in session.items])


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
    recorder.begin(nodeid, item.location, id(item))
    outcome = yield
    test = recorder.active.get(nodeid)
    if test is None:
        return
    if os.getpid() != test.pid:
        recorder.disabled = True  # a forked child fell out of its test: the parent reports
        return
    error = outcome.excinfo
    if error is None:
        recorder.finish(test)
    elif issubclass(error[0], pytest.exit.Exception):
        recorder.exited(test, error[1])
    # Else it was interrupted: it began and has no result, which is the truth.


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
        recorder.totals(session, int(getattr(session, "exitstatus", exitstatus)))
