"""Installs the programs that benchmarks stand beside into a folder of their own below build/. The only step of a benchmark
that needs the network, and it is done once; what does not install is named and left out.
"""
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build/bench/coverage"


def python_tools(names, folder=FOLDER):
    """The folder of programs of a virtual environment that has `names` from PyPI."""
    programs = folder / "venv/bin"
    if not (programs / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    for name in names:
        known = subprocess.run([programs / "python", "-m", "pip", "show", "-q", name], check=False, capture_output=True)
        if known.returncode == 0:
            continue
        print(f"installing {name} into {folder / 'venv'}", flush=True)
        done = subprocess.run([programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", name], check=False)
        if done.returncode != 0:
            print(f"  {name} does not install here", flush=True)
    return programs


def cargo_tool(name, folder=FOLDER):
    """A program from crates.io, compiled here: minutes the first time. None when there is no cargo or it fails."""
    program = folder / "cargo/bin" / name
    if program.exists():
        return program
    if not shutil.which("cargo"):
        print(f"not measured: {name} (there is no cargo to install it)")
        return None
    print(f"installing {name} into {folder / 'cargo'}", flush=True)
    done = subprocess.run(["cargo", "install", "-q", "--locked", "--root", folder / "cargo", name], check=False)
    return program if done.returncode == 0 else None
