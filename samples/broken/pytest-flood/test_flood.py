"""Writes to file descriptor 1 past pytest's capture without an end: only an output limit stops it."""

import os


def test_before():
    pass


def test_flood(capfd):
    with capfd.disabled():
        line = b"flood " * 10_000 + b"\n"
        while True:
            os.write(1, line)
