items = [3, 1]
items.remove(3)
items.append(2)
print(items, {"a": 1}.pop("a"), "a-b".replace("-", "+"))
