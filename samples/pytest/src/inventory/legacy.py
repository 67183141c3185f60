"""An importer nobody tests: keeps the sample's coverage below 100 %."""

from .money import Money
from .stock import Item, Stock


def read_csv(text):
    stock = Stock()
    for line in text.splitlines()[1:]:
        name, price, count = line.split(",")
        stock.add(Item(name, Money.parse(price)), int(count))
    return stock
