"""Secrets that a suite gets and prints are in nothing that a run keeps or says, unless the caller wants them there."""

import base64
import json
import re
import sqlite3
import unittest
import zlib

from harness import HarnessTest, clean_environment, require

SECRET = "hunter2-\"quoted\"\\and+more"
# Put together here, so that no scanner takes this file for a leak.
GITHUB = "ghp_" + "a1B2c3D4e5" * 4
KEY = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", "MIIEow" + "IBAAKCAQEA" * 5, "s3cr3tL1ne" * 5, "-----END RSA PRIVATE KEY-----"])
VARIABLES = {"DEPLOY_TOKEN": SECRET, "SIGNING_KEY": KEY, "KEYBOARD_LAYOUT": "ordinary-value"}
LEAKS = (SECRET, GITHUB, "s3cr3tL1ne" * 5, "p4ssw0rd", "hunter2-")

SUITE = f'''
import base64, os, subprocess, sys
import pytest

SECRET = os.environ["DEPLOY_TOKEN"]
GITHUB = "ghp_" + "a1B2c3D4e5" * 4

def test_prints(capfd):
    print("token", SECRET)
    print(os.environ["SIGNING_KEY"], file=sys.stderr)
    subprocess.run(["sh", "-c", "printf %s $DEPLOY_TOKEN; echo; echo pushing to https://bot:p4ssw0rd@example.com/x"], check=True)
    assert False, f"the server refused {{SECRET}} and {{GITHUB}}"

@pytest.mark.parametrize("token", [SECRET, GITHUB, "harmless"])
def test_names(token):
    assert os.environ["KEYBOARD_LAYOUT"] == "ordinary-value"

def test_writes_past_pytest():
    os.write(2, (GITHUB + "\\n").encode())
    half = len(SECRET) // 2
    for part in (SECRET[:half], SECRET[half:]):
        os.write(1, part.encode())
    os.write(1, repr(dict(os.environ)).encode())
'''


def texts_of(path):
    """What a file holds, also behind compression."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".html":
        for blob in re.findall(rb"[A-Za-z0-9+/=]{400,}", data):
            for wbits in (15, -15, 31):
                try:
                    yield zlib.decompress(base64.b64decode(blob), wbits)
                except (ValueError, zlib.error):
                    pass
    if path.suffix == ".db":
        yield "\n".join(sqlite3.connect(path).iterdump()).encode()


@require("python3", "pytest")
class Redaction(HarnessTest):
    def run_suite(self, *arguments):
        project = self.write({"pytest.ini": "[pytest]\n", "test_secrets.py": SUITE})
        passed = [argument for name in VARIABLES for argument in ("--pass-env", name)]
        return self.run_harness("test", project, *passed, *arguments, env=clean_environment(**VARIABLES))

    def kept_texts(self, done):
        for folder in (done.directory, self.folder / "project/.runharness"):
            for path in folder.rglob("*"):
                if path.is_file() and "cache" not in path.parts:
                    for text in texts_of(path):
                        yield path, text
        yield "stdout", done.stdout.encode()
        yield "stderr", done.stderr.encode()

    def check_nowhere(self, done):
        self.assertEqual(done.code, 1, done.explain())
        for place, text in self.kept_texts(done):
            for leak in LEAKS:
                self.assertFalse(leak.encode() in text, f"{leak} is in {place}")
        names = sorted(test["test"]["name"] for test in done.suite["tests"])
        self.assertEqual(names, ["test_names[[redacted:DEPLOY_TOKEN]]", "test_names[[redacted:github-token]]", "test_names[harmless]",
                                 "test_prints", "test_writes_past_pytest"])
        self.assertIn("refused [redacted:DEPLOY_TOKEN] and [redacted:github-token]", done.stdout)
        (said,) = [each for each in done.report["diagnostics"] if each["code"] == "secrets-redacted"]
        self.assertEqual(said["severity"], "info")
        for name in ("DEPLOY_TOKEN", "SIGNING_KEY", "github-token", "url-password"):
            self.assertIn(name, said["message"])

    def test_nowhere(self):
        self.check_nowhere(self.run_suite("--report", f"markdown={self.folder / 'run/more.md'}"))

    def test_nowhere_when_the_output_is_not_pytests(self):
        done = self.run_suite("--", "-s")
        self.check_nowhere(done)
        self.assertTrue(any(b"ordinary-value" in text for _, text in self.kept_texts(done)), "other variables stay")

    def test_the_report_that_is_rebuilt(self):
        done = self.run_suite()
        again = self.run_harness("report", "--run", done.directory, "--json", env=clean_environment())
        for leak in LEAKS:
            self.assertFalse(leak in again.stdout + again.stderr, leak)

    def test_the_caller_may_keep_them(self):
        done = self.run_suite("--no-redact")
        self.assertTrue(any(SECRET.encode() in text for _, text in self.kept_texts(done)), "control: without redaction it is there")
        self.assertNotIn("secrets-redacted", [each["code"] for each in done.report["diagnostics"]])

    def test_the_repository_may_not(self):
        self.write({"runharness.toml": "redact = false\n"})
        done = self.run_suite()
        self.assertIn("config-loosens-isolation", [each["code"] for each in done.report["diagnostics"]])
        for place, text in self.kept_texts(done):
            self.assertFalse(SECRET.encode() in text, place)


class Command(HarnessTest):
    """`run --json` prints a record; without it the command's output is the caller's own."""

    def run_command(self, *arguments):
        return self.run_harness("run", "--pass-env", "DEPLOY_TOKEN", *arguments, "--", "sh", "-c", f"printf '%s\\377' $DEPLOY_TOKEN; echo {GITHUB} >&2",
                                env=clean_environment(**VARIABLES))

    def test_record(self):
        done = self.run_command("--json")
        record = json.loads(done.stdout)
        for leak in LEAKS:
            self.assertFalse(leak in json.dumps(record), leak)
        self.assertNotIn(base64.b64encode(SECRET.encode()).decode()[:16], done.stdout)
        self.assertEqual(record["stderr"], "[redacted:github-token]\n")
        self.assertIn("[redacted:github-token] >&2", record["command"]["argv"][2])
        self.assertEqual([each["code"] for each in record["diagnostics"]], ["secrets-redacted"])

    def test_record_as_the_caller_wants_it(self):
        record = json.loads(self.run_command("--json", "--no-redact").stdout)
        self.assertEqual(record["stderr"], GITHUB + "\n")

    def test_transparent(self):
        self.assertIn(GITHUB, self.run_command().stderr)


if __name__ == "__main__":
    unittest.main()
