def remove(items, x):
    return [i for i in items if i != x]


print(remove([1, 2], 1))
