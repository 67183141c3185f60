#!/usr/bin/env python3
"""Installs the referees of the tests of this folder: real clients, suites and readers, at pinned versions, from npm, PyPI and the Go module proxy. It is
the one step here that uses the network; tests do not, and skip what is missing. What is there already is left alone.

    prepare.py [FOLDER]      default: build/agent-referees of the repository

One that cannot be installed is named, and the others are still installed."""

import concurrent.futures
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import referees

# One program of a registry must not hold up the rest for ever.
LIMIT_S = 600
STAMP = "installed.json"
HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Referee:
    name: str  # its folder
    judges: str
    registry: str  # "npm", "PyPI" or "Go"
    packages: tuple
    file: str  # what the tests start

    def wanted(self):
        """Written when all is installed; another list, or another Python, installs it anew."""
        wanted = {"packages": list(self.packages), "python": sys.version.split()[0] if self.registry == "PyPI" else ""}
        if self.registry == "Go":  # the modules are pinned in go.mod and go.sum of the sources
            texts = [file.read_bytes() for file in sorted((HERE / self.name).iterdir())]
            wanted["sources"] = hashlib.sha256(b"".join(texts)).hexdigest()
        return wanted


REFEREES = [
    Referee("node", "runs the two below: they need Node.js 22", "npm", (f"{referees.node_package()}@22.23.3",), referees.NODE),
    Referee("conformance", "conformance suite of MCP", "npm", ("@modelcontextprotocol/conformance@0.2.0-alpha.12",),
            referees.CONFORMANCE),
    Referee("inspector", "MCP client on the command line", "npm", ("@modelcontextprotocol/inspector@2.12.0",), referees.INSPECTOR),
    Referee("sdk1", "MCP client of the legacy era", "PyPI", ("mcp==1.30.0",), "sdk1/bin/python"),
    Referee("sdk2", "MCP client of both eras", "PyPI", ("mcp==2.3.0",), "sdk2/bin/python"),
    Referee("agents", "agent frameworks PydanticAI and LangGraph", "PyPI",
            ("pydantic-ai-slim[mcp]==2.68.0", "langchain-mcp-adapters==0.3.2", "langgraph==1.2.22"), "agents/bin/python"),
    Referee("jupyter", "reader, validator, kernel and server of notebooks", "PyPI",
            ("nbformat==5.11.1", "nbclient==0.11.0", "ipykernel==7.4.0", "matplotlib==3.11.2",
             "jupyter_server==2.21.1"), "jupyter/bin/python"),
    Referee("otelcol", "OpenTelemetry Collector", "Go", ("go.opentelemetry.io/collector/otelcol@v0.150.0",), "otelcol/otelcol"),
    Referee("rotel", "OpenTelemetry collector", "PyPI", ("rotel==0.0.1a15",), "rotel/rotel-agent"),
]


def ready(folder, referee):
    try:
        return json.loads((folder / referee.name / STAMP).read_text()) == referee.wanted() and \
            referees.path_of(referee.file).exists()
    except (OSError, ValueError):
        return False


def run(*command, **options):
    """Its end is shown where it fails; registries are asked once more at most, so that no network is noticed soon."""
    try:
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=LIMIT_S, check=False, **options)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} did not end within {LIMIT_S} s") from None
    if done.returncode != 0:
        raise RuntimeError("\n".join(done.stdout.strip().splitlines()[-4:]) or f"{command[0]} ended with {done.returncode}")


def from_npm(home, packages):
    run("npm", "install", "--no-audit", "--no-fund", "--fetch-retries=1", "--prefix", home, *packages)


def from_pypi(home, packages):
    run(sys.executable, "-m", "venv", home)
    run(home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", *packages)
    for program in home.glob("lib/python*/site-packages/rotel/rotel-agent"):
        (home / program.name).symlink_to(program.relative_to(home))


def from_go(home, name):
    """Built from the sources here. The caches, over a gigabyte, are its own and do not stay."""
    if not shutil.which("go"):
        raise RuntimeError("go is not installed")
    caches = home / "caches"
    environment = {**os.environ, "GOPATH": str(caches / "path"), "GOCACHE": str(caches / "build"), "GOFLAGS": "-modcacherw -buildvcs=false"}
    try:
        run("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", home / name, ".", cwd=HERE / name, env=environment)
    finally:
        shutil.rmtree(caches, ignore_errors=True)


def install(folder, referee):
    """None, or why it could not be installed."""
    home, start = folder / referee.name, time.monotonic()
    shutil.rmtree(home, ignore_errors=True)
    try:
        home.mkdir()
        if referee.registry == "Go":
            from_go(home, referee.name)
        else:
            (from_npm if referee.registry == "npm" else from_pypi)(home, referee.packages)
        if not referees.path_of(referee.file).exists():
            raise RuntimeError(f"it was installed, but {referees.path_of(referee.file)} is not there")
        (home / STAMP).write_text(json.dumps(referee.wanted()))
    except (OSError, RuntimeError) as error:
        shutil.rmtree(home, ignore_errors=True)
        return str(error)
    print(f"installed {referee.name} in {time.monotonic() - start:.0f} s", flush=True)
    return None


def main():
    if len(sys.argv) > 2 or any(word.startswith("-") for word in sys.argv[1:]):
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    if len(sys.argv) > 1:
        referees.use(sys.argv[1])
    folder = referees.folder()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds at once: the second finds all there
        missing = [referee for referee in REFEREES if not ready(folder, referee)]
        if not missing:
            return 0
        print(f"installing into {folder}, with the network, what tests of agents and MCP compare with:")
        for referee in missing:
            print(f"  {referee.name}: {' '.join(referee.packages)} from {referee.registry} ({referee.judges})", flush=True)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            reasons = list(pool.map(lambda referee: install(folder, referee), missing))
    for referee, reason in zip(missing, reasons):
        if reason:
            print(f"{referee.name} could not be installed, so its tests will be skipped: {reason}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
