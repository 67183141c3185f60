"""A test ends the process with exit code 0: green for whoever looks at the code alone."""

import os


def test_before():
    pass


def test_leaves_with_success():
    os._exit(0)


def test_never_runs():
    assert False
