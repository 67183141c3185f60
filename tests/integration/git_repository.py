"""A git repository in a temporary folder, free of the machine's git configuration."""

import os
import pathlib
import subprocess

from harness import clean_environment

IDENTITY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "t@example.com",
            "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "t@example.com"}
# Variables by which CI systems are known: the machine that runs the tests may be one.
CI_MARKS = ("GITHUB_", "GITLAB_", "CI_", "JENKINS_", "CHANGE_", "BUILDKITE", "TRAVIS", "DRONE", "CIRCLE", "TF_BUILD", "GIT_")


def environment(**extra):
    plain = {name: value for name, value in clean_environment().items() if not name.startswith(CI_MARKS)}
    return {**plain, **IDENTITY, **extra}


class Repository:
    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        self.root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments, check=True, env=None):
        done = subprocess.run(["git", "-c", "core.fsync=none", "-c", "protocol.file.allow=always", *map(str, arguments)], cwd=self.root,
                              env=env or environment(), capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"git {arguments}: {done.stderr}")
        return done.stdout.strip() if check else done

    def write(self, files):
        for path, text in files.items():
            target = os.path.join(os.fsencode(self.root), os.fsencode(path))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(text.encode() if isinstance(text, str) else text)

    def commit(self, files=None, message="change"):
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)


def lcov(files):
    """{path: {line: hits}}, or {path: ({line: hits}, [(line, block, branch, taken)])} as an LCOV tracefile."""
    text = "TN:\n"
    for path, data in files.items():
        lines, branches = data if isinstance(data, tuple) else (data, [])
        text += f"SF:{path}\n"
        text += "".join(f"BRDA:{line},{block},{branch},{taken}\n" for line, block, branch, taken in branches)
        text += "".join(f"DA:{line},{hits}\n" for line, hits in lines.items())
        text += "end_of_record\n"
    return text
