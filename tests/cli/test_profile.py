"""`profile` as a developer meets it: the program runs as without us, files are written, mistakes are clear."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import unittest

from harness import RUNHARNESS, HarnessTest, clean_environment

PYTHON = os.path.realpath(sys.executable)
BUSY = """
import sys, time
def inner(until):
    n = 0
    while time.process_time() < until:
        n += 1
    return n
def outer(seconds):
    return inner(time.process_time() + seconds)
outer(0.3)
"""


class Profile(HarnessTest):
    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def profile(self, *arguments, code=None, env=None, stdin=None):
        done = subprocess.run([str(RUNHARNESS), "profile", *map(str, arguments)], cwd=self.folder, env=env or clean_environment(),
                              input=stdin, capture_output=True, text=True, timeout=100, check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def record(self, *arguments, code=0, **more):
        file = self.folder / "p.json"
        self.profile("--json", file, *arguments, code=code, **more)
        return json.loads(file.read_text())

    def functions(self, document):
        return {function["name"]: function for function in document["functions"]}


class Transparent(Profile):
    def test_streams_environment_and_exit_code_are_the_programs(self):
        self.put("s.py", "import os, sys\nprint(sys.stdin.read() + os.environ['X'], sys.argv[1:])\n"
                         "print('problem', file=sys.stderr)\nsys.exit(7)\n")
        done = self.profile("-q", "--python", PYTHON, "s.py", "--rate", "a b", code=7, stdin="in ", env=clean_environment(X="env"))
        self.assertEqual(done.stdout, "in env ['--rate', 'a b']\n")
        self.assertEqual(done.stderr, "problem\n")

    def test_a_signal_that_ends_it_is_told(self):
        done = self.profile("--", "sh", "-c", "kill -9 $$", code=137)
        self.assertIn("signal 9", done.stderr)

    def test_the_summary_goes_to_stderr(self):
        self.put("s.py", BUSY)
        done = self.profile("--python", PYTHON, "s.py", code=0)
        self.assertEqual(done.stdout, "")
        for text in ("inner (s.py:3)", "self", "95 % interval", "peak memory", "expected = ", "rejected", "late"):
            self.assertIn(text, done.stderr)

    def interruptible(self):
        self.put("s.py", "print('ready', flush=True)\nwhile True: pass\n")
        return [str(RUNHARNESS), "profile", "-q", "--python", PYTHON, "--json", str(self.folder / "p.json"), "s.py"]

    def interrupted_once(self, shown, code):
        self.assertEqual(shown.count(b"KeyboardInterrupt"), 1, "the program gets it once")
        self.assertIn(code, (130, 1))
        self.assertIn("<module>", self.functions(json.loads((self.folder / "p.json").read_text())))

    def test_ctrl_c_still_writes_the_profile(self):
        """A terminal signals the program as well as us."""
        command = self.interruptible()
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(command[0], command, clean_environment())
        shown, sent = b"", False
        while True:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # the program has left the terminal
                break
            if not sent and b"ready" in shown:
                os.write(terminal, b"\x03")
                sent = True
        os.close(terminal)
        self.interrupted_once(shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    def test_a_signal_for_us_alone_is_passed_on(self):
        process = subprocess.Popen(self.interruptible(), cwd=self.folder, env=clean_environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        self.interrupted_once(error, process.returncode)


class Mistakes(Profile):
    def test_each_has_its_message_and_code(self):
        self.put("notes.txt", "no program")
        self.put("s.py", "pass\n")
        self.put("bad.py", "def f(:\n")
        for arguments, code, text in (
                (["gone.py"], 2, "gone.py"),
                ([], 2, "name a script"),
                (["notes.txt"], 2, "runharness profile -- CMD"),
                (["--", "no-such-command"], 127, "no-such-command"),
                (["--", "./notes.txt"], 126, "notes.txt"),
                (["--python", "/no/python", "s.py"], 2, "/no/python"),
                (["--rate", "0", "s.py"], 2, "1 to 20000"),
                (["--rate", "99999", "s.py"], 2, "1 to 20000"),
                (["--clock", "sun", "s.py"], 2, "cpu or wall"),
                (["--html", "no/folder/x.html", "s.py"], 2, "no/folder/x.html"),
                (["--python", PYTHON, "bad.py"], 1, "SyntaxError"),
                (["diff", "one.json"], 2, "profile diff"),
                (["diff", "one.json", "two.json"], 2, "one.json")):
            with self.subTest(arguments=arguments):
                self.assertIn(text, self.profile(*arguments, code=code).stderr)

    def test_a_program_that_is_too_short_is_measured_by_the_kernel(self):
        document = self.record("--", "true")
        self.assertGreater(document["cpu"]["value"], 0)
        self.assertEqual(document["cpu"]["source"], "rusage of the target")

    def test_a_wrong_interpreter_says_so(self):
        self.put("s.py", "print(1)\n")
        done = self.profile("--python", "/bin/true", "s.py", code=0)
        self.assertIn("true s.py", done.stderr)


class Figures(Profile):
    def test_functions_have_their_callers_lines_and_shares(self):
        self.put("s.py", BUSY)
        document = self.record("--python", PYTHON, "s.py")
        functions = self.functions(document)
        self.assertGreater(functions["inner"]["cpu"]["self"]["share"], 0.5)
        self.assertGreaterEqual(functions["outer"]["cpu"]["total"]["samples"], functions["inner"]["cpu"]["self"]["samples"])
        self.assertEqual((functions["inner"]["file"], functions["inner"]["line"]), ("s.py", 3))
        quality = document["quality"]
        self.assertEqual(quality["expected"], quality["taken"] + quality["rejected"] + quality["idle"] + quality["late"])

    def test_the_peak_of_memory_and_its_stack(self):
        self.put("s.py", "import time\ndef fill():\n    block = bytearray(200 << 20)\n    time.sleep(0.2)\nfill()\ntime.sleep(0.1)\n")
        memory = self.record("--python", PYTHON, "s.py")["memory"]
        self.assertGreater(memory["peak_bytes"], 200 << 20)
        self.assertLess(memory["peak_bytes"], 260 << 20)
        self.assertIn("fill (s.py:4)", str(memory["peak_stacks"]))

    def test_memory_that_processes_share_counts_once(self):
        self.put("s.py", "import os, time\nblock = bytearray(b'x' * (150 << 20))\n"
                         "for _ in range(3):\n    if os.fork() == 0:\n        time.sleep(0.5)\n        os._exit(0)\n"
                         "for _ in range(3): os.wait()\n")
        peak = self.record("--python", PYTHON, "s.py")["memory"]["peak_bytes"]
        self.assertGreater(peak, 150 << 20)
        self.assertLess(peak, 400 << 20, "four processes share the block (150 MiB, twice while it is made)")

    def test_children_are_followed_unless_told_not_to(self):
        self.put("child.py", BUSY)
        self.put("s.py", "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], check=True)\n")
        self.assertIn("inner", self.functions(self.record("--python", PYTHON, "s.py")))
        alone = self.record("--no-subprocesses", "--python", PYTHON, "s.py")
        self.assertNotIn("inner", self.functions(alone))
        self.assertEqual(len(alone["processes"]), 1)

    def test_in_the_sandbox(self):
        self.put("s.py", BUSY)
        document = self.record("--preset", "strict", "--python", PYTHON, "s.py")
        self.assertEqual(document["preset"], "strict")
        self.assertGreater(self.functions(document)["inner"]["cpu"]["self"]["share"], 0.5)


class Files(Profile):
    def test_all_of_one_run(self):
        self.put("s.py", BUSY)
        self.profile("-q", "--python", PYTHON, "--out", "out", "--collapsed", "c.txt", "--speedscope", "s.json", "--pprof", "p.pb.gz",
                     "--firefox", "f.json", "--chrome", "t.json", "s.py", code=0)
        here = pathlib.Path(self.folder)
        lines = (here / "c.txt").read_text().splitlines()
        self.assertTrue(any(line.startswith("<module> (s.py:1);outer (s.py:8);inner (s.py:3) ") for line in lines), lines[:5])
        for name in ("out/profile.json", "s.json", "f.json", "t.json"):
            json.loads((here / name).read_text())
        self.assertEqual((here / "p.pb.gz").read_bytes()[:2], b"\x1f\x8b")
        self.assertIn("<!doctype html>", (here / "out/profile.html").read_text()[:200])

    def test_a_file_may_be_standard_output(self):
        self.put("s.py", BUSY)
        done = self.profile("-q", "--python", PYTHON, "--collapsed", "-", "s.py", code=0)
        self.assertIn("inner (s.py:3)", done.stdout)


class Diff(Profile):
    def test_a_function_that_grew_fails_the_gate(self):
        self.put("s.py", BUSY.replace("outer(0.3)", "import sys\ndef more(): return inner(time.process_time() + float(sys.argv[1]))\n"
                                                    "outer(0.3); more()"))
        for name, seconds in (("a.json", "0.05"), ("b.json", "0.05"), ("c.json", "0.9")):
            self.profile("-q", "--json", name, "--python", PYTHON, "s.py", seconds, code=0)
        self.profile("diff", "a.json", "b.json", "--fail-on", "more>25%", code=0)
        done = self.profile("diff", "a.json", "c.json", "--fail-on", "more>25%", code=3)
        self.assertIn("more", done.stdout)
        self.assertIn("wall", self.profile("diff", "a.json", "b.json", "--clock", "wall", code=0).stdout)
        self.assertIn("nothing_like_it", self.profile("diff", "a.json", "b.json", "--fail-on", "nothing_like_it>5%", code=2).stderr)

    def test_a_file_of_pprof_is_compared_too(self):
        self.put("busy.py", BUSY)
        self.profile("--json", "a.json", "--pprof", "a.pprof", "--python", PYTHON, "busy.py", code=0)
        done = self.profile("diff", "a.json", "a.pprof", "--json", "d.json", "--fail-on", "inner>50%", code=0)
        inner = [row for row in json.loads((self.folder / "d.json").read_text())["functions"] if row["name"] == "inner"]
        self.assertEqual(len(inner), 1, done.stdout)
        self.assertAlmostEqual(inner[0]["self"]["change"], 0, places=2)



if __name__ == "__main__":
    unittest.main()
