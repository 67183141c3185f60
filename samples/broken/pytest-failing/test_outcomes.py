"""One test of every outcome that pytest knows: failed, errors in setup and teardown, skipped, xfailed, xpassed."""

import pytest


@pytest.fixture
def broken_setup():
    raise RuntimeError("the database is not there")


@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("the database cannot be removed")


def test_passes():
    pass


def test_fails():
    print("printed before the failure")
    assert [1, 2, 3] == [1, 2, 4], "lists differ \x1b[31mred\x1b[0m é"


def test_error_in_setup(broken_setup):
    pass


def test_error_in_teardown(broken_teardown):
    pass


def test_fails_and_error_in_teardown(broken_teardown):
    assert False


@pytest.mark.skip(reason="not on this machine")
def test_skipped():
    pass


@pytest.mark.xfail(reason="known bug")
def test_expected_failure():
    assert False


@pytest.mark.xfail(reason="was fixed")
def test_unexpected_pass():
    pass


@pytest.mark.xfail(strict=True, reason="was fixed")
def test_strict_unexpected_pass():
    pass
