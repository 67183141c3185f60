import shutil
shutil.rmtree("/tmp/x")
