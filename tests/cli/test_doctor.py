"""`runharness doctor` as an administrator or a script meets it: findings, remedies, verdict, exit code."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import RUNHARNESS, HarnessTest, clean_environment

DEADLINE = 120  # against hanging; nothing here is measured by it
PRESETS = ["local", "ci", "strict", "agent"]
TOOLS = ["python3", "pytest", "node", "npm", "go", "cargo", "java", "gcc"]
NOBODY = 65534
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/formats/doctor.md"


def documented_mechanisms():
    line = next(line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `mechanism` |"))
    return re.findall(r"`([^`]+)`", line)[1:]


class Doctor(HarnessTest):
    def doctor(self, *arguments, before=(), env=None):
        done = subprocess.run([*before, str(RUNHARNESS), "doctor", *arguments], cwd="/", env=env or clean_environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.stderr, "", done.stdout)
        return done

    def findings(self, before=()):
        done = self.doctor("--json", before=before)
        document = json.loads(done.stdout)
        self.check_shape(document)
        self.assertEqual(done.returncode, 0 if document["ci_enforceable"] else 1)
        return document

    def check_shape(self, document):
        self.assertEqual((document["schema"], document["schema_version"]), ("runharness.doctor", 1))
        self.assertEqual(set(document["host"]), {"kernel", "runner", "container"})
        self.assertEqual(document["host"]["kernel"], os.uname().release)
        self.assertEqual([row["mechanism"] for row in document["mechanisms"]], documented_mechanisms())
        for row in document["mechanisms"]:
            self.assertEqual(set(row), {"mechanism", "state", "by", "reason", "remedy", "needed_by"})
            self.assertIn(row["state"], ("works", "partly", "missing"))
            self.assertEqual(bool(row["remedy"]), row["state"] != "works", row)
            self.assertTrue(row["state"] == "works" or row["reason"], row)
            self.assertEqual(row["by"] is None, row["state"] == "missing", row)
            self.assertLessEqual(set(row["needed_by"]), set(PRESETS))
        self.assertEqual([tool["name"] for tool in document["toolchains"]], TOOLS)
        self.assertEqual([preset["name"] for preset in document["presets"]], PRESETS)
        for preset in document["presets"]:
            lost = [row for row in document["mechanisms"] if row["state"] != "works" and preset["name"] in row["needed_by"]]
            self.assertEqual(preset["enforceable"], not preset["missing"] and not preset["problem"] and not lost, preset)
        ci = next(preset for preset in document["presets"] if preset["name"] == "ci")
        self.assertEqual(document["ci_enforceable"], ci["enforceable"])

    def as_ordinary_user(self):
        if os.geteuid() != 0:
            return ()
        if not shutil.which("setpriv"):
            self.skipTest("setpriv is missing (util-linux): cannot become another user")
        words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        if subprocess.run([*words, "test", "-x", RUNHARNESS], check=False).returncode != 0:
            self.skipTest(f"{RUNHARNESS} cannot be reached by an ordinary user")
        return tuple(words)

    def without_user_namespaces(self):
        """In a user namespace of one's own the switch is one's own, too."""
        words = ("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"', "sh")
        tried = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"no user namespace to try it in: {tried.stderr.strip()}")
        return words

    def test_the_verdict_agrees_with_a_run_that_demands_the_promises(self):
        document = self.findings()
        demanded = subprocess.run([str(RUNHARNESS), "run", "--preset", "ci", "--require-isolation", "contained",
                                   "--require", "memory,swap,pids,net,fs,processes,syscalls", "--", "true"],
                                  cwd=self.folder, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=DEADLINE, check=False)
        if document["ci_enforceable"]:
            self.assertEqual(demanded.returncode, 0, demanded.stderr)
        else:
            self.assertEqual(demanded.returncode, 7, demanded.stderr)

    def test_as_an_ordinary_user(self):
        document = self.findings(self.as_ordinary_user())
        self.assertIn(f"uid {NOBODY if os.geteuid() == 0 else os.geteuid()}", document["host"]["runner"])
        rows = {row["mechanism"]: row for row in document["mechanisms"]}
        self.assertEqual(rows["id-mapped mounts"]["state"], "works")
        self.assertEqual(rows["capabilities"]["state"], "works")

    def test_the_switch_that_blocks_is_named(self):
        document = self.findings(self.without_user_namespaces())
        self.assertFalse(document["ci_enforceable"])
        rows = {row["mechanism"]: row for row in document["mechanisms"]}
        self.assertEqual(rows["user namespace"]["state"], "missing")
        self.assertIn("user.max_user_namespaces is 0", rows["user namespace"]["reason"])
        self.assertTrue(any("sysctl -w user.max_user_namespaces=" in line for line in rows["user namespace"]["remedy"]))
        for preset in document["presets"]:
            self.assertIn("user namespace", [row["mechanism"] for row in preset["missing"]])

    def test_text_for_people(self):
        for before in ((), self.as_ordinary_user()):
            done = self.doctor(before=before)
            self.assertNotIn("\x1b", done.stdout)
            for line in done.stdout.splitlines():
                # What cannot be broken, such as a long path or a quoted word, may stand out alone.
                self.assertTrue(len(line) <= 100 or len(line.split()) <= 3, line)
                self.assertEqual(line, line.rstrip())
            for name in documented_mechanisms() + TOOLS + PRESETS:
                self.assertIn(name, done.stdout)
            self.assertEqual("the preset ci keeps every promise" in done.stdout, done.returncode == 0, done.stdout)

    def test_colours_when_they_are_asked_for(self):
        coloured = self.doctor(env=clean_environment(CLICOLOR_FORCE="1")).stdout
        self.assertIn("\x1b[32mworks", coloured)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        self.assertEqual([line.split()[:2] for line in plain.splitlines()],
                         [line.split()[:2] for line in self.doctor().stdout.splitlines()])

    def test_a_missing_tool_is_named(self):
        tools = {tool["name"]: tool for tool in json.loads(self.doctor("--json", env=clean_environment(PATH="/nonexistent")).stdout)["toolchains"]}
        self.assertEqual({tool["path"] for tool in tools.values()}, {None})
        here = {tool["name"]: tool for tool in self.findings()["toolchains"]}
        self.assertEqual(here["python3"]["path"], shutil.which("python3"))
        self.assertRegex(here["python3"]["version"], r"^3\.\d+")

    def test_usage(self):
        done = subprocess.run([str(RUNHARNESS), "doctor", "--jsn"], capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--json", done.stderr)


if __name__ == "__main__":
    unittest.main()
