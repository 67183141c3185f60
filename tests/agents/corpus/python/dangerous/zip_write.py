import zipfile
with zipfile.ZipFile("a.zip", "w") as z:
    z.writestr("a", "b")
