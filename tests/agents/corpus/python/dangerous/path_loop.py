from pathlib import Path
for p in Path(".").glob("*.txt"):
    p.unlink()
