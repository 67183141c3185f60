import pytest

from inventory import Item, Money, Stock


@pytest.fixture
def bolt():
    return Item("bolt", Money(25))


@pytest.fixture
def stock(bolt):
    filled = Stock()
    filled.add(bolt, 10)
    yield filled
    assert filled.value() >= Money(0)
