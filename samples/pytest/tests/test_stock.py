import pytest

from inventory import Item, Money, OutOfStock, Stock


class TestTake:
    def test_reduces_the_count(self, stock, bolt):
        stock.take(bolt, 4)
        assert stock.count(bolt) == 6

    def test_everything_removes_the_item(self, stock, bolt):
        stock.take(bolt, 10)
        assert stock.cheapest() is None

    def test_too_much_is_refused(self, stock, bolt):
        with pytest.raises(OutOfStock, match="wanted 11, have 10"):
            stock.take(bolt, 11)

    class TestFromEmpty:
        def test_is_refused(self, bolt):
            with pytest.raises(OutOfStock):
                Stock().take(bolt)


def test_value(stock):
    stock.add(Item("nut", Money(10)), 3)
    assert stock.value() == Money(280)


def test_cheapest(stock):
    nut = Item("nut", Money(10))
    stock.add(nut)
    assert stock.cheapest() == nut


def test_to_csv(stock, tmp_path):
    target = tmp_path / "stock.csv"
    target.write_text(stock.to_csv())
    assert target.read_text() == "name,price,count\nbolt,0.25,10\n"


def test_large_stock():
    """Needs some memory and time, so that its figures stand out in a report."""
    stock = Stock()
    for number in range(60_000):
        stock.add(Item("part %d" % number, Money(number)), 1)
    assert stock.value() == Money(60_000 * 59_999 // 2)
