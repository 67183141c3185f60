import os
fd = os.open("x", os.O_WRONLY | os.O_CREAT)
os.write(fd, b"x")
