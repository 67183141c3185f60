mode = "w"
f = open("out.txt", mode)
f.close()
