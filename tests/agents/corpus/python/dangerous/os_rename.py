from os import rename as mv
mv("a", "b")
