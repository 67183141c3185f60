import unittest

from inventory import Item, Money, Stock


class CsvReport(unittest.TestCase):
    def setUp(self):
        self.stock = Stock()

    def test_empty(self):
        self.assertEqual(self.stock.to_csv(), "name,price,count\n")

    def test_lines_are_sorted(self):
        for name in ("c", "a", "b"):
            self.stock.add(Item(name, Money(1)))
        lines = self.stock.to_csv().splitlines()[1:]
        for position, name in enumerate("abc"):
            with self.subTest(name=name):
                self.assertTrue(lines[position].startswith(name + ","))
