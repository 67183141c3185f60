"""Which test reaches which lines, by contexts of coverage.py, and tests that are left out. PYTEST_DONT_REWRITE

A context is "rh:" and the test's id without its suite. Fixtures of a wider scope run once, inside of the first test that
wants them, and serve others: their lines belong to the file, class, folder ("dir/") or suite ("") of their scope. What
runs outside of tests, imports above all, has no context. Tests that start programs are noted: nobody sees the lines
of those.
"""
import os
import sys

import pytest

_STARTS_PROGRAM = frozenset(("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork",
                             "os.forkpty", "pty.spawn", "os.startfile"))


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def read_left_out(path):
    """One escaped id a line."""
    def plain(text):
        parts = text.split("\\\\")
        for mark, character in (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r")):
            parts = [part.replace(mark, character) for part in parts]
        return "\\".join(parts)

    with open(path, encoding="utf-8", newline="\n") as file:
        return {plain(line.rstrip("\n")) for line in file}


class Selection:
    """Drops known tests that no change reaches; whatever is not on the list runs."""

    def __init__(self, path, file_of):
        self.left_out = read_left_out(path)
        self.file_of = file_of

    def id_of(self, item):
        return id_of(item.nodeid, self.file_of)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        dropped = [item for item in items if self.id_of(item) in self.left_out]
        if dropped:
            gone = set(map(id, dropped))
            items[:] = [item for item in items if id(item) not in gone]
            config.hook.pytest_deselected(items=dropped)


def id_of(nodeid, file_of):
    path, separator, name = nodeid.partition("::")
    return file_of(path) + separator + name


class Reach:
    def __init__(self, notes, file_of):
        self.notes = notes
        self.file_of = file_of
        self.coverage = None
        self.current = ""  # what is switched to
        self.base = ""  # the running test's
        self.noted = set()
        self.begun = set()
        self.broken = False
        if hasattr(sys, "addaudithook"):
            sys.addaudithook(self.audit)
        else:
            self.note("p", "Python %d.%d does not tell which tests start programs: 3.8 or later does" % sys.version_info[:2])

    def note(self, kind, text):
        if (kind, text) in self.noted:
            return
        self.noted.add((kind, text))
        self.write("%s\t%s\n" % (kind, escape(text)))

    def write(self, lines):
        try:
            with open(self.notes, "a", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(lines)
        except OSError:
            pass

    def audit(self, event, _):
        if event in _STARTS_PROGRAM and self.current:
            self.note("o", self.current[3:])

    def find_coverage(self):
        """The measurement of this process: of `coverage run`, or of pytest-cov."""
        module = sys.modules.get("coverage")
        measured = module.Coverage.current() if module is not None and hasattr(module.Coverage, "current") else None
        if measured is None:
            self.fail("coverage.py does not measure this process")
        elif measured.get_option("run:dynamic_context"):
            self.fail("the project's own dynamic_context of coverage.py takes the place of ours")
        return measured

    def fail(self, reason):
        self.broken = True
        self.note("p", reason)

    def switch(self, context):
        if self.broken or context == self.current:
            return
        try:
            if self.coverage is None:
                self.coverage = self.find_coverage()
            if not self.broken:
                self.coverage.switch_context(context)
                self.current = context
        except Exception as error:  # a measurement that was stopped, an old version: never the test's business
            self.fail("coverage.py cannot switch contexts: %s" % error)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.base = "rh:" + id_of(item.nodeid, self.file_of)
        self.begun.add(self.base[3:])
        self.switch(self.base)
        yield
        # No switch back: it costs as much as a test, and until the next one begins nothing of the project runs.

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self):
        self.base = ""
        if not self.broken:  # those that reached nothing are known as well
            self.write("".join("r\t%s\n" % escape(test) for test in sorted(self.begun)))
        try:
            if not self.broken and self.coverage is not None:
                self.coverage.switch_context("")
        except Exception:  # pytest-cov has stopped already
            pass
        self.broken = True

    def scope_of(self, fixturedef, request):
        scope = str(getattr(fixturedef, "scope", "function"))
        if scope == "function":
            return None
        if scope == "session":
            return "rh:"
        nodeid = getattr(getattr(request, "node", None), "nodeid", "")
        path = nodeid.partition("::")[0]
        if scope == "package" or not path:
            folder = path if not path.endswith(".py") else os.path.dirname(path)
            return "rh:" + (self.file_of(folder) + "/" if folder not in ("", ".") else "")
        return "rh:" + id_of(nodeid, self.file_of)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef, request):
        scope = None if self.broken else self.scope_of(fixturedef, request)
        if scope is None:
            yield
            return
        before = self.current
        self.switch(scope)
        yield
        self.switch(before)
        # Finalizers run in reverse: this one before those of the fixture itself.
        fixturedef.addfinalizer(lambda: self.switch(scope))

    @pytest.hookimpl(trylast=True)
    def pytest_fixture_post_finalizer(self):
        self.switch(self.base)
