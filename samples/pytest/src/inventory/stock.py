"""What lies on which shelf."""

from dataclasses import dataclass

from .money import Money


class OutOfStock(Exception):
    """More was taken than there is."""


@dataclass(frozen=True)
class Item:
    name: str
    price: Money


class Stock:
    def __init__(self):
        self._counts = {}

    def add(self, item, count=1):
        if count <= 0:
            raise ValueError("count must be positive, not %d" % count)
        self._counts[item] = self.count(item) + count

    def take(self, item, count=1):
        if self.count(item) < count:
            raise OutOfStock("%s: wanted %d, have %d" % (item.name, count, self.count(item)))
        self._counts[item] -= count
        if not self._counts[item]:
            del self._counts[item]

    def count(self, item):
        return self._counts.get(item, 0)

    def value(self):
        total = Money(0)
        for item, count in self._counts.items():
            total = total + item.price.times(count)
        return total

    def to_csv(self):
        lines = ["name,price,count"]
        for item, count in sorted(self._counts.items(), key=lambda pair: pair[0].name):
            lines.append("%s,%s,%d" % (item.name, item.price, count))
        return "\n".join(lines) + "\n"

    def cheapest(self):
        return min(self._counts, key=lambda item: item.price, default=None)
