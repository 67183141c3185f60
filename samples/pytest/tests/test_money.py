import sys

import pytest

from inventory import Money


@pytest.mark.parametrize("text, cents", [("0", 0), ("1.5", 150), ("12.34", 1234), ("-2.05", -205)])
def test_parse(text, cents):
    assert Money.parse(text).cents == cents


@pytest.mark.parametrize("text", ["", "1.234", "a/b::c", "µ"], ids=["empty", "digits", "a/b::c", "unit µ"])
def test_parse_rejects(text):
    with pytest.raises(ValueError):
        Money.parse(text)


def test_str_and_sum():
    assert str(Money(150) + Money(-205)) == "-0.55"


@pytest.mark.skipif(sys.platform != "win32", reason="prices of the Windows price list")
def test_windows_price_list():
    raise AssertionError("never runs here")


@pytest.mark.xfail(reason="decimal commas are not read yet", raises=ValueError)
def test_parse_decimal_comma():
    assert Money.parse("1,50") == Money(150)
