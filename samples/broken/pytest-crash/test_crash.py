"""The process dies of SIGSEGV in the middle of the suite: one test before, one that never gets its turn."""

import os
import signal


def test_before():
    pass


def test_segfault():
    os.kill(os.getpid(), signal.SIGSEGV)


def test_never_runs():
    pass
