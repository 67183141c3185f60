"""Touches memory in steps of 64 MiB up to 8 GiB: only a memory limit stops it early."""

STEP = 64 << 20
TOTAL = 8 << 30


def test_before():
    pass


def test_hog():
    held = []
    for _ in range(TOTAL // STEP):
        held.append(b"\x01" * STEP)
    assert sum(map(len, held)) == TOTAL
