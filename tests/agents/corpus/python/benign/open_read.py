with open("data.txt") as f:
    print(f.read())
with open("data.bin", "rb") as f:
    print(len(f.read()))
