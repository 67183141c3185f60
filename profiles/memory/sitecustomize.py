# Imported by every Python below `runharness profile --memory`: loads rh_allocations.so, which samples the allocations,
# and writes what it saw when the program ends and, while the heap grows, about once a second. It takes itself out of
# sys.path and runs the sitecustomize that would have run without it. Python 2 and Pythons older than 3.8 import it too
# and go on without being sampled.
import sys


def _run_hidden_sitecustomize(folder):
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    sys.path_importer_cache.pop(folder, None)
    own = sys.modules.pop(__name__)
    try:
        __import__(__name__)
    except ImportError as error:
        if getattr(error, "name", __name__) != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, own)


def _begin(folder):
    import _imp
    import atexit
    import posix
    import time

    class Spec:
        name = "rh_allocations"
        origin = folder + "/rh_allocations.so"

    module = _imp.create_dynamic(Spec)
    sys.modules.pop(Spec.name, None)
    state = {"begun": time.monotonic_ns(), "pid": posix.getpid()}

    def plain(text):
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

    def write():
        taken = module.snapshot()
        if taken is None or state["pid"] != posix.getpid():
            return
        peak, samples, lost, sites = taken
        command = getattr(sys, "orig_argv", None) or [sys.executable] + getattr(sys, "argv", [])
        process = (posix.getpid(), posix.getppid(), state["begun"], sys.version.split()[0])
        lines = ["process\t%d\t%d\t%d\t%s\t%s" % (process + (plain(" ".join(command)[:4096]),))]
        lines.append("heap\t%d\t%d\t%d" % (peak, samples, lost))
        numbers = {}
        for live_bytes, live_count, total_bytes, total_count, stack in sites:
            ids = []
            for code, line in reversed(stack):
                place = (id(code), line)
                if place not in numbers:
                    numbers[place] = len(numbers)
                    name = getattr(code, "co_qualname", code.co_name)
                    lines.append("frame\t%d\t%d\t%s\t%s" % (code.co_firstlineno, line, plain(name), plain(code.co_filename)))
                ids.append("%d" % numbers[place])
            figures = (round(live_bytes), round(live_count), round(total_bytes), " ".join(ids))
            lines.append("site\t%d\t%d\t%d\t%s" % figures)
        lines.append("done\n")
        path = "%s/%d.%d.allocations" % (folder, posix.getpid(), state["begun"])
        # Not open(): the program may have put another one in its place.
        file = posix.open(path + ".new", posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
        try:
            data = "\n".join(lines).encode("utf-8", "replace")
            while data:
                data = data[posix.write(file, data):]
        finally:
            posix.close(file)
        posix.rename(path + ".new", path)

    def report():
        try:
            write()
        except Exception:
            pass  # a full disk, a program that is being taken apart: it goes on without us

    def finish():
        report()
        module.stop()

    def after_fork_in_child():
        module.restart()
        state.update(begun=time.monotonic_ns(), pid=posix.getpid())

    # multiprocessing and others leave by os._exit(), which runs no exit functions.
    leave = posix._exit

    def _exit(status):
        finish()
        leave(status)

    posix._exit = _exit
    if "os" in sys.modules:
        sys.modules["os"]._exit = _exit
    atexit.register(finish)
    posix.register_at_fork(after_in_child=after_fork_in_child)
    module.start(report)


_folder = __file__.rpartition("/")[0]
if sys.version_info >= (3, 8) and sys.implementation.name == "cpython" and "t" not in sys.abiflags:
    try:
        _begin(_folder)
    except Exception:
        pass
_run_hidden_sitecustomize(_folder)
