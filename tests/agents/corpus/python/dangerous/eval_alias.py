e = eval
print(e("1"))
