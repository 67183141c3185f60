"""Amounts of money in cents, so that sums are exact."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Money:
    cents: int

    @classmethod
    def parse(cls, text):
        whole, _, fraction = text.strip().partition(".")
        if not whole.lstrip("-").isdigit() or len(fraction) > 2 or (fraction and not fraction.isdigit()):
            raise ValueError("not an amount: %r" % text)
        sign = -1 if whole.startswith("-") else 1
        return cls(int(whole) * 100 + sign * int((fraction + "00")[:2]))

    def __add__(self, other):
        return Money(self.cents + other.cents)

    def times(self, count):
        return Money(self.cents * count)

    def __str__(self):
        sign = "-" if self.cents < 0 else ""
        return "%s%d.%02d" % (sign, abs(self.cents) // 100, abs(self.cents) % 100)
