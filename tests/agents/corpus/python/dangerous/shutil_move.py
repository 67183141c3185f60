from shutil import move
move("a", "b")
