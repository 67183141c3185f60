import os, sys
f = os.system if sys.platform == "linux" else print
f("id")
