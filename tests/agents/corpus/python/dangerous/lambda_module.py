(lambda: __import__("os"))().system("id")
