import os
print(os.path.join(os.getcwd(), "x"), os.listdir("."))
