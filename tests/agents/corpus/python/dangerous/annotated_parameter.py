from pathlib import Path


def save(p: Path):
    p.write_bytes(b"x")
