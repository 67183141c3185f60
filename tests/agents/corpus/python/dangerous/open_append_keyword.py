open(mode="a", file="log.txt").writelines(["x"])
