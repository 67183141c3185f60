"""A test that never ends: only a limit stops it."""


def test_before():
    pass


def test_endless():
    while True:
        pass
