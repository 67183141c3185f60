# eval("x") is not called
print("eval(1)")
