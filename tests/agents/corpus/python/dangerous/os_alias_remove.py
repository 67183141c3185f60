import os as o
o.remove("data.txt")
