"""What the pytest plugin of runharness needs of its process: the event file, and the peak memory of a window.
PYTEST_DONT_REWRITE
"""
import os
from json.encoder import encode_basestring_ascii as _quote_ascii


def quote(text):
    quoted = _quote_ascii(text)
    if "\\ud" in quoted:  # a lone surrogate is not valid in JSON for every reader
        quoted = _quote_ascii(text.encode("utf-8", "replace").decode("utf-8"))
    return quoted


def bounded(text, limit):
    """At most `limit` bytes of UTF-8: the first quarter, a line that says what is missing, the end."""
    if len(text) * 4 <= limit:
        return text
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    head, tail = limit // 4, limit - limit // 4 - 64
    return "%s\n... (%d bytes cut)\n%s" % (
        data[:head].decode("utf-8", "ignore"), len(data) - head - tail, data[-tail:].decode("utf-8", "ignore"))


class KeptFile:
    """A descriptor that stays open over all tests. A test may close it, and open a file of its own that gets the same
    number, so every use looks whether it is still ours."""

    def __init__(self, path, flags):
        self.path = path
        self.flags = flags | os.O_CLOEXEC
        self.descriptor = -1
        self.identity = None

    def open(self):
        self.descriptor = os.open(self.path, self.flags, 0o644)
        status = os.fstat(self.descriptor)
        self.identity = (status.st_dev, status.st_ino)
        return self.descriptor

    def get(self):
        try:
            status = os.fstat(self.descriptor)
            if (status.st_dev, status.st_ino) == self.identity:
                return self.descriptor
        except OSError:
            pass
        return self.open()


class Stream:
    """The event file of this process; one write() per call, so that lines of several processes never mix."""

    def __init__(self, path):
        self.file = KeptFile(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            self.file.open()
            self.usable = True
        except OSError:
            self.usable = False

    def write(self, text):
        try:
            os.write(self.file.get(), text.encode("ascii"))
        except OSError:  # a full disk must not fail a test; the reader misses the results and says so
            pass


class Memory:
    """High-water mark of this process, reset at the begin of a test. Kept descriptors: 5 us instead of 20."""

    def __init__(self):
        self.pid = 0
        self.reason = None
        self.refs = KeptFile("/proc/self/clear_refs", os.O_WRONLY)
        self.status = KeptFile("/proc/self/status", os.O_RDONLY)

    def reset(self, pid):
        try:
            if self.pid != pid:  # first use, or a forked child that inherited descriptors of its parent
                self.pid, self.reason = pid, None
                self.refs.open()
                self.status.open()
            if self.reason is None:
                os.write(self.refs.get(), b"5")
        except OSError as error:
            self.reason = "the peak cannot be reset through /proc/self/clear_refs: %s" % error.strerror

    def peak(self):
        """Bytes, or None with self.reason."""
        if self.reason is not None:
            return None
        try:
            status = os.pread(self.status.get(), 4096, 0)
            start = status.index(b"VmHWM:") + 6
            return int(status[start:status.index(b"kB", start)]) << 10
        except (OSError, ValueError) as error:
            self.reason = "/proc/self/status has no usable VmHWM: %s" % error
            return None
