from pathlib import Path
p = Path("data.txt")
print(p.exists(), p.read_text().replace("a", "b"), [x.name for x in p.parent.iterdir()])
