from shutil import *
rmtree("x")
