import pathlib
base = pathlib.Path("/tmp")
(base / "a" / "b").touch()
