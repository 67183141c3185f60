"""Stock keeping: items, movements between shelves, and reports."""

from .money import Money
from .stock import Item, OutOfStock, Stock

__all__ = ["Item", "Money", "OutOfStock", "Stock"]
