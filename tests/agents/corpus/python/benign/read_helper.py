def read(path, mode="r"):
    with open(path, mode) as f:
        return f.read()


print(len(read("data.txt")))
