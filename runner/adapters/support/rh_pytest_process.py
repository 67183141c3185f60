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
