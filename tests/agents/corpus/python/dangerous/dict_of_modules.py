import os
table = {"m": os}
table["m"].system("id")
