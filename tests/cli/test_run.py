"""`runharness run` as a script or a person meets it: streams, exit codes, limits, isolation, the JSON record."""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import socket
import subprocess
import termios
import threading
import time
import unittest

import jsonschema
from harness import REPOSITORY, RUNHARNESS, HarnessTest, clean_environment

SCHEMA = json.loads((REPOSITORY / "docs/formats/execution.schema.json").read_text())
DEADLINE = 60  # of one call, against hanging; nothing here is measured by it
MEBIBYTE = 1 << 20


class Done:
    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr.decode(errors="replace")

    @property
    def record(self):
        document = json.loads(self.stdout)
        jsonschema.validate(document, SCHEMA)
        return document

    def explain(self):
        return f"exit code {self.code}\n--- stdout\n{self.stdout[:2000]}\n--- stderr\n{self.stderr[:4000]}"


class RunTest(HarnessTest):
    def setUp(self):
        super().setUp()
        self.workspace = self.folder / "project"
        self.workspace.mkdir()

    def start(self, *arguments, **options):
        options = {"cwd": self.workspace, "env": clean_environment(), "stdin": subprocess.DEVNULL,
                   "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([str(RUNHARNESS), "run", *map(str, arguments)], **options)
        self.addCleanup(self._reap, process)
        return process

    def run_it(self, *arguments, feed=None, **options):
        if feed is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **options)
        stdout, stderr = process.communicate(feed, timeout=DEADLINE)
        return Done(process.returncode, stdout or b"", stderr or b"")

    def check(self, *arguments, code=0, out=None, err="", **options):
        """Exit code, output and standard error of a call; `err` is a text that must be found, "" means none at all."""
        done = self.run_it(*arguments, **options)
        self.assertEqual(done.code, code, done.explain())
        if out is not None:
            self.assertEqual(done.stdout, out if isinstance(out, bytes) else out.encode(), done.explain())
        if err is not None:
            (self.assertIn if err else self.assertEqual)(err, done.stderr, done.explain())
        return done

    def json(self, *arguments, code=0, **options):
        done = self.run_it("--json", *arguments, **options)
        self.assertEqual(done.code, code, done.explain())
        return done.record

    def wait_for_line(self, process, wanted):
        """Reads standard output until it holds that line."""
        seen = b""
        deadline = time.monotonic() + DEADLINE
        while wanted not in seen.split(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"no {wanted!r} in {seen!r}")
            chunk = os.read(process.stdout.fileno(), 4096)
            self.assertTrue(chunk, f"output ended without {wanted!r}: {seen!r}")
            seen += chunk

    def write_file(self, name, text=""):
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def mechanism(self, name, *arguments):
        rows = self.json(*arguments, "--", "true")["isolation"]["mechanisms"]
        return next(row for row in rows if row["mechanism"] == name)

    def need(self, name, *arguments):
        """Skips where this host cannot do it, and says why."""
        row = self.mechanism(name, *arguments)
        if row["state"] != "enforced":
            self.skipTest(f"{name} is {row['state']} on this host: {row['reason']}")


class Streams(RunTest):
    def test_output_and_exit_code_pass_through(self):
        for code in (0, 1, 7, 126, 255):
            self.check("--", "sh", "-c", f"echo out; exit {code}", code=code, out="out\n")
        done = self.run_it("--", "sh", "-c", "echo out; echo err >&2; exit 3")
        self.assertEqual((done.code, done.stdout, done.stderr), (3, b"out\n", "err\n"))

    def test_input_passes_through(self):
        data = os.urandom(3 * MEBIBYTE)
        self.check("--", "cat", feed=data, out=data)

    def test_ten_mebibytes_come_out_exactly(self):
        (self.workspace / "data").write_bytes(os.urandom(10 * MEBIBYTE))
        data = (self.workspace / "data").read_bytes()
        self.check("--", "cat", "data", out=data)
        done = self.run_it("--", "sh", "-c", "cat data >&2")
        self.assertEqual(len(done.stderr.encode()), len(data.decode(errors="replace").encode()))
        self.check("--output-limit", "unlimited", "--", "cat", "data", out=data)

    def test_output_to_a_file_is_appended_to(self):
        path = self.folder / "log"
        path.write_bytes(b"before\n")
        with path.open("ab") as log:
            self.check("--", "sh", "-c", "echo one; echo two >&2", stdout=log, stderr=log, err=None)
        self.assertEqual(path.read_bytes(), b"before\none\ntwo\n")

    def test_one_pipe_for_both_keeps_the_order(self):
        script = "for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done"
        done = self.run_it("--", "sh", "-c", script, stderr=subprocess.STDOUT)
        self.assertEqual(done.stdout.decode().split(), [f"{kind}{i}" for i in range(1, 10) for kind in "oe"])

    def test_closed_streams(self):
        script = 'exec "$0" run -- sh -c "cat; echo read; readlink /proc/self/fd/0" <&-'
        done = subprocess.run(["sh", "-c", script, str(RUNHARNESS)], cwd=self.workspace, capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b"read\n/dev/null\n"), done)
        for close in (">&-", "2>&-", ">&- 2>&- <&-"):
            done = subprocess.run(["sh", "-c", f'"$0" run -- sh -c "exit 5" {close}', str(RUNHARNESS)], cwd=self.workspace,
                                  capture_output=True, timeout=DEADLINE, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (5, b""), close)

    def test_a_reader_that_leaves_ends_it_like_a_pipeline(self):
        process = self.start("--", "yes")
        self.assertEqual(os.read(process.stdout.fileno(), 10), b"y\ny\ny\ny\ny\n")
        process.stdout.close()
        self.assertEqual(process.wait(DEADLINE), 128 + signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b"")

    def test_a_reader_that_stands_still_does_not_hold_the_deadline_up(self):
        process = self.start("--timeout", "500ms", "--", "yes")
        self.assertEqual(process.wait(DEADLINE), 124)

    def test_a_reader_that_stands_still_does_not_hold_signals_up(self):
        process = self.start("--", "head", "-c", "100000", "/dev/zero")
        self.assertEqual(os.read(process.stdout.fileno(), 1), b"\0")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 130)

    def test_a_slow_reader_gets_everything(self):
        process = self.start("--", "head", "-c", "1000000", "/dev/zero")
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.3)  # the pipe is full
        self.assertEqual(len(process.communicate(timeout=DEADLINE)[0]), 1000000)
        self.assertEqual(process.returncode, 0)

    def test_nonblocking_output_of_the_caller(self):
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        process = self.start("--", "head", "-c", "1000000", "/dev/zero", stdout=write_end)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as reader:
            self.assertEqual(len(reader.read()), 1000000)
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_no_descriptor_but_the_streams(self):
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        self.addCleanup(os.close, write_end)
        done = self.run_it("--", "sh", "-c", "ls /proc/$$/fd", pass_fds=[read_end, write_end])
        self.assertEqual(done.stdout.split(), [b"0", b"1", b"2"], done.explain())


class CommandLine(RunTest):
    def test_everything_behind_the_command_is_its_own(self):
        echo = ["sh", "-c", 'printf "%s|" "$@"', "sh", "--timeout", "5", "--json", "-v", "--", "-x", ""]
        for words in (["--", *echo], ["--net", "none", *echo], ["--memory=1G", *echo], ["-v", *echo]):
            self.check(*words, out="--timeout|5|--json|-v|--|-x||", err=None)

    def test_help(self):
        done = self.check("--help")
        for text in ("--memory", "--net", "--apply", "runharness run", "Limits of the command"):
            self.assertIn(text, done.stdout.decode())

    def test_usage_errors(self):
        for arguments, says in (([], "there is no command"), (["--"], "there is no command"),
                                (["--memroy", "1G", "true"], "Did you mean --memory?"),
                                (["--memory", "lots", "true"], "'lots'"), (["--cpus", "0", "true"], "--cpus"),
                                (["--timeout", "0s", "true"], "--timeout"), (["--net", "some", "true"], "none, host"),
                                (["--require", "memory,nett", "true"], "did you mean 'net'"),
                                (["--preset", "stict", "true"], "did you mean 'strict'"),
                                (["--workspace", "copy", "true"], "rw, ro, overlay"), (["--env", "=x", "true"], "--env"),
                                (["--cwd", "nowhere", "true"], "nowhere"), (["--ro", "/no/such/path", "true"], "/no/such/path"),
                                (["--rw", "/no/such/path", "true"], "--rw"), (["--apply", "true"], "overlay"),
                                (["--copy-changes", "x", "true"], "overlay"), (["--artifact", "x", "true"], "--artifacts-dir"),
                                (["--jobs", "2", "true"], "--jobs"), (["--config", "/no/such.toml", "true"], "/no/such.toml")):
            self.check(*arguments, code=2, out="", err=says)

    def test_a_command_that_cannot_start(self):
        self.write_file("data", "no program")
        self.write_file("script", "#!/bin/sh\nexit 9\n").chmod(0o755)
        self.write_file("damaged", "\x7fELF").chmod(0o755)
        self.check("--", "no-such-program", code=127, err="no-such-program")
        self.check("--", "./nothing", code=127, err="./nothing")
        self.check("--", "", code=127, err="no name")
        self.check("--", "./data", code=126, err="Permission denied")
        self.check("--", "/", code=126, err="cannot be started")
        self.check("--", "./damaged", code=126, err="Exec format error")
        self.check("--", "./script", code=9)

    def test_working_folder(self):
        (self.workspace / "sub").mkdir()
        self.check("--cwd", "sub", "--", "sh", "-c", "pwd; echo x > made", out=f"{os.path.realpath(self.workspace)}/sub\n")
        self.assertTrue((self.workspace / "sub/made").exists())

    def test_environment_is_an_allow_list(self):
        environment = clean_environment(SECRET_TOKEN="x", PASSED_ONE="1", PASSED_TWO="2", SINGLE="3", LANG="C.UTF-8")
        done = self.check("--env", "SET=a=b", "--env", "SINGLE", "--env", "MISSING", "--pass-env", "PASSED_*", "--env", "TERM=own",
                          "--", "env", env=environment)
        seen = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
        self.assertEqual({name: seen.get(name) for name in ("SET", "SINGLE", "PASSED_ONE", "PASSED_TWO", "TERM", "LANG")},
                         {"SET": "a=b", "SINGLE": "3", "PASSED_ONE": "1", "PASSED_TWO": "2", "TERM": "own", "LANG": "C.UTF-8"})
        self.assertEqual(seen["HOME"], environment["HOME"])
        self.assertFalse({"SECRET_TOKEN", "MISSING"} & set(seen))

    def test_the_preset_follows_ci(self):
        self.assertEqual(self.json("--", "true")["preset"], "local")
        self.assertEqual(self.json("--", "true", env=clean_environment(CI="1"))["preset"], "ci")
        record = self.json("--preset", "agent", "--", "true")
        self.assertEqual((record["preset"], record["workspace"]["access"], record["limits"]["network"]), ("agent", "overlay", "none"))

    def test_configuration(self):
        self.write_file("runharness.toml", 'network = "none"\nisolation = "none"\n[limits]\nwall = "7s"\ncpus = 1.5\n')
        done = self.run_it("--json", "--", "true")
        self.assertEqual((done.record["limits"]["wall_ms"], done.record["limits"]["cpus"], done.record["limits"]["network"]), (7000, 1.5, "none"))
        self.assertEqual(done.record["isolation"]["requested"], "contained", "a repository file may not loosen")
        self.assertEqual([each["code"] for each in done.record["diagnostics"]], ["config-loosens-isolation"])
        self.check("--", "true")
        self.check("-v", "--", "true", err="isolation")
        self.assertEqual(self.json("--no-config", "--timeout", "unlimited", "--", "true")["limits"]["wall_ms"], None)
        other = self.folder / "other.toml"
        other.write_text('[limits]\nwall = "9s"\n')
        self.assertEqual(self.json("--config", other, "--", "true")["limits"]["wall_ms"], 9000)
        self.write_file("runharness.toml", "wall = 3\n")
        self.check("--", "true", code=2, err="runharness.toml:1:1")


class Limits(RunTest):
    def test_wall_time(self):
        self.check("--timeout", "300ms", "--", "sleep", "100", code=124, out="", err="runharness: ended by wall_time: ")

    def test_cpu_time(self):
        done = self.check("--cpu-time", "200ms", "--", "sh", "-c", "while :; do :; done", code=124, err="ended by cpu_time: ")
        self.assertIn("limit 200 ms", done.stderr)

    def test_memory(self):
        hog = ["python3", "-c", "x = bytearray(400 << 20); print('survived')"]
        done = self.check("--memory", "64M", "--", *hog, code=137, out="", err="runharness: ended by memory: ")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn("64.0 MiB", done.stderr)
        self.check("--memory", "unlimited", "--", *hog, out="survived\n")

    def test_output(self):
        done = self.check("--output-limit", "100000", "--", "yes", code=137, err="runharness: ended by output_limit: more than 97.7 KiB")
        self.assertEqual(done.stdout, b"y\n" * 50000)
        self.check("--output-limit", "6", "--", "printf", "123456", out="123456")
        done = self.check("--output-limit", "6", "--", "sh", "-c", "printf 1234; printf 56789 >&2", code=137, err="output_limit")
        self.assertEqual(done.stdout, b"1234")

    def test_file_size(self):
        self.check("--file-size", "4096", "--", "sh", "-c", "exec head -c 10000 /dev/zero > big", code=128 + signal.SIGXFSZ,
                   err="ended by file_size: RLIMIT_FSIZE: SIGXFSZ (limit 4.0 KiB)")
        self.assertEqual((self.workspace / "big").stat().st_size, 4096)

    def test_processes(self):
        done = self.run_it("--json", "--pids", "8", "--", "python3", "-c", "import os, time\nwhile True:\n if not os.fork(): time.sleep(100)")
        self.assertEqual(done.record["ending"], "pids", done.explain())
        self.assertIn(done.code, (1, 137), "its own end, or the watchdog")

    def test_temporary_space_and_open_files(self):
        self.need("temporary space", "--tmp-size", "1M")
        done = self.run_it("--tmp-size", "1M", "--", "head", "-c", "3000000", "/dev/zero", stdout=subprocess.DEVNULL)
        self.assertEqual(done.code, 0, done.explain())
        done = self.run_it("--tmp-size", "1M", "--", "sh", "-c", "head -c 3000000 /dev/zero > /tmp/x")
        self.assertIn("No space left", done.stderr)
        self.check("--open-files", "16", "--", "sh", "-c", "ulimit -n", out="16\n")

    def test_bandwidth(self):
        self.need("cpu bandwidth", "--cpus", "0.5")
        record = self.json("--cpus", "0.5", "--", "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
        self.assertGreater(record["wall_ms"], 1.5 * record["cpu_ms"])

    def test_a_signal_of_its_own(self):
        self.check("--", "sh", "-c", "kill -SEGV $$", code=139)
        self.check("--", "sh", "-c", "kill -KILL $$", code=137)


class Isolation(RunTest):
    def test_required_and_not_there(self):
        self.check("--isolation", "none", "--require-isolation", "contained", "--", "touch", "ran", code=7, out="", err="contained")
        self.check("--net", "host", "--require", "net", "--", "touch", "ran", code=7, out="", err="network is not asked for (host)")
        self.check("--memory", "unlimited", "--require", "fs,memory", "--", "touch", "ran", code=7, err="memory limit is not asked for")
        self.assertFalse((self.workspace / "ran").exists())

    def test_a_degraded_promise_is_named_with_its_reason(self):
        # Inside a sandbox there are no further namespaces.
        inner = self.folder / "project/runharness"
        inner.write_bytes(RUNHARNESS.read_bytes())
        inner.chmod(0o755)
        self.check("--", "./runharness", "run", "--require", "processes", "--", "touch", "ran", code=7, err="keep the promise 'processes': processes is ")
        self.assertFalse((self.workspace / "ran").exists())

    def test_required_and_there(self):
        self.need("network", "--net", "none")
        self.check("--require", "fs,net,processes,syscalls", "--net", "none", "--require-isolation", "contained", "--", "echo", "ran", out="ran\n")

    def test_network(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            script = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
            self.check("--net", "host", "--", "python3", "-c", script)
            for flag in ("--net", "--network"):
                self.check(flag, "none", "--", "python3", "-c", script, code=1, err=None)

    def test_files(self):
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "file").write_text("seen\n")
        self.write_file("secret", "secret\n")
        self.write_file("data/x", "x\n")
        self.need("file system")
        read, write = f"cat {outside}/file", f"echo new > {outside}/file"
        self.check("--", "sh", "-c", read, code=1, err="No such file")
        self.check("--ro", outside, "--", "sh", "-c", read, out="seen\n")
        self.check("--ro", outside, "--", "sh", "-c", write, code=2, err="Read-only")
        self.check("--rw", outside, "--", "sh", "-c", write)
        self.assertEqual((outside / "file").read_text(), "new\n")
        self.check("--hide", "secret", "--", "cat", "secret", out="")
        self.check("--hide", "data", "--", "ls", "data", out="")
        self.check("--ro", "data", "--", "sh", "-c", "cat data/x; echo y > data/x", code=2, out="x\n", err="Read-only")
        self.check("--ro", "data", "--", "sh", "-c", "rm -rf data; mv data other", code=1, err=None)
        self.assertEqual((self.workspace / "data/x").read_text(), "x\n")

    def test_what_would_run_outside_is_guarded(self):
        self.need("file system")
        subprocess.run(["git", "init", "-q", "."], cwd=self.workspace, check=True)
        before = sorted(str(path) for path in self.workspace.rglob("*"))
        attempts = ["echo x > .git/hooks/pre-commit", "git config core.fsmonitor evil", "echo x > Jenkinsfile", "mkdir -p .github/workflows",
                    "echo x > .gitlab-ci.yml", "mv .git moved", "echo x > runharness.toml", "mkdir .husky && echo x > .husky/pre-push"]
        for access in ("rw", "overlay"):
            for attempt in attempts:
                done = self.run_it("--workspace", access, "--", "sh", "-c", attempt)
                self.assertNotEqual(done.code, 0, f"{access}: {attempt}\n{done.explain()}")
            self.assertEqual(sorted(str(path) for path in self.workspace.rglob("*")), before, "nothing is left behind")
        self.check("--rw", ".git/hooks", "--rw", "Jenkinsfile", "--", "sh", "-c", "echo x > .git/hooks/pre-commit; echo y > Jenkinsfile")
        self.assertEqual((self.workspace / ".git/hooks/pre-commit").read_text() + (self.workspace / "Jenkinsfile").read_text(), "x\ny\n")
        self.write_file("runharness.toml", 'rw = [".git/hooks"]\n')
        self.check("--", "true", code=2, err="'rw'")

    def test_a_repository_that_comes_into_being_is_said(self):
        record = self.json("--", "git", "init", "-q", ".")
        self.assertEqual([each["code"] for each in record["diagnostics"]], ["git-repository-made"])
        self.assertEqual(self.json("--", "true")["diagnostics"], [])

    def test_home_is_private_and_its_toolchains_are_not(self):
        self.need("file system")
        home = self.folder / "home"
        for path in (".ssh/id", ".cargo/bin/tool", "notes"):
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text("#!/bin/sh\necho tool\n")
        (home / ".cargo/bin/tool").chmod(0o755)
        environment = clean_environment(HOME=str(home))
        self.check("--", "sh", "-c", "echo $TMPDIR", out="/tmp\n")
        self.check("--", "sh", "-c", f"ls -A {home}; {home}/.cargo/bin/tool; echo x > {home}/kept", out=".cargo\ntool\n", env=environment)
        self.assertFalse((home / "kept").exists())

    def test_left_over_processes_are_killed_and_said_when_asked(self):
        script = "sleep 4242 & sleep 4343 & echo done"
        self.check("--", "sh", "-c", script, out="done\n")
        done = self.check("-v", "--", "sh", "-c", script, out="done\n", err="left over and killed: process ")
        self.assertIn("sleep 4242", done.stderr)
        self.assertNothingLeft("sleep\x004242")

    def test_no_isolation_is_said_when_asked(self):
        self.check("--isolation", "none", "--", "echo", "x", out="x\n")
        self.check("--isolation", "none", "-v", "--", "echo", "x", out="x\n", err="isolation level is none")


class Workspace(RunTest):
    def setUp(self):
        super().setUp()
        self.write_file("a", "old\n")
        self.write_file("gone", "x")

    SCRIPT = "echo new > a; echo n > made; rm gone; mkdir -p d/e; echo f > d/e/f; exit 3"

    def tree(self):
        return {str(path.relative_to(self.workspace)): path.read_text() for path in self.workspace.rglob("*") if path.is_file()}

    def overlay(self, *arguments):
        self.need("workspace", "--workspace", "overlay")
        return ["--workspace", "overlay", *arguments]

    def test_read_only(self):
        self.check("--workspace", "ro", "--", "sh", "-c", "cat a; echo new > a", code=2, out="old\n", err="cannot create a")
        self.assertEqual(self.tree()["a"], "old\n")

    def test_read_write(self):
        self.check("--", "sh", "-c", self.SCRIPT, code=3)
        self.assertEqual(self.tree(), {"a": "new\n", "made": "n\n", "d/e/f": "f\n"})

    def test_an_overlay_lists_and_keeps_nothing(self):
        before = self.tree()
        record = self.json(*self.overlay(), "--", "sh", "-c", self.SCRIPT, code=3)
        self.assertEqual(self.tree(), before)
        changes = record["changes"]
        self.assertEqual([each["path"] for each in changes["added"]], ["d", "d/e", "d/e/f", "made"])
        self.assertEqual(changes["changed"], [{"path": "a", "type": "regular", "size_bytes": 4}])
        self.assertEqual([each["path"] for each in changes["deleted"]], ["gone"])
        self.assertEqual((changes["applied"], changes["reason"]), (False, "--apply was not given"))
        self.check("--workspace", "overlay", "-v", "--", "sh", "-c", self.SCRIPT, code=3, err="changes of the workspace are not applied")

    def test_applied_whatever_the_exit_code(self):
        self.check(*self.overlay("--apply"), "--", "sh", "-c", self.SCRIPT, code=3)
        self.assertEqual(self.tree(), {"a": "new\n", "made": "n\n", "d/e/f": "f\n"})
        record = self.json(*self.overlay("--apply"), "--", "sh", "-c", "mkfifo pipe; echo 2 > made")
        self.assertTrue(record["changes"]["applied"])
        self.assertIn("pipe", record["changes"]["left_out"][0])
        self.assertEqual(self.tree()["made"], "2\n")

    def test_not_applied_when_a_limit_or_a_signal_ended_it(self):
        before = self.tree()
        for limit, script, code in ((["--timeout", "300ms"], "sleep 100", 124), ([], "kill -SEGV $$", 139)):
            record = self.json(*self.overlay("--apply", *limit), "--", "sh", "-c", f"echo new > a; {script}", code=code)
            self.assertEqual((record["changes"]["applied"], len(record["changes"]["changed"])), (False, 1))
            self.assertIn("did not end by itself", record["changes"]["reason"])
            self.check(*self.overlay("--apply", *limit), "--", "sh", "-c", f"echo new > a; {script}", code=code, err="changes are not applied")
        self.assertEqual(self.tree(), before)

    def test_changes_are_copied(self):
        before, target = self.tree(), self.folder / "copied"
        record = self.json(*self.overlay("--copy-changes", target), "--", "sh", "-c", self.SCRIPT, code=3)
        self.assertEqual(record["changes"]["copied_to"], str(target))
        self.assertEqual({str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}, {"a", "made", "d/e/f"})
        self.assertEqual(self.tree(), before)

    def test_artifacts(self):
        script = "mkdir out; echo 1 > out/1.txt; echo 2 > out/2.md; ln -s /etc/passwd out/link.txt"
        target = self.folder / "artifacts"
        flags = ["--artifact", "out/*.txt", "--artifact", "a", "--artifact", "nothing", "--artifacts-dir", target]
        record = self.json(*flags, "--", "sh", "-c", script)
        self.assertEqual({each["path"]: each["state"] for each in record["artifacts"]},
                         {"out/1.txt": "collected", "out/link.txt": "symlink", "a": "collected", "nothing": "missing"})
        self.assertEqual((target / "out/1.txt").read_text() + (target / "a").read_text(), "1\nold\n")
        self.assertFalse((target / "out/link.txt").exists())
        self.check(*flags, "--", "rm", "-r", "out", err="artifact nothing is not collected: missing")

    def test_artifacts_of_an_overlay_are_what_the_command_saw(self):
        target = self.folder / "artifacts"
        record = self.json(*self.overlay("--artifact", "*", "--artifact", "d", "--artifacts-dir", target), "--",
                           "sh", "-c", self.SCRIPT, code=3)
        self.assertEqual({each["path"]: each["state"] for each in record["artifacts"] if each["state"] == "collected"},
                         {"a": "collected", "made": "collected", "d/e/f": "collected"})
        self.assertEqual((target / "a").read_text(), "new\n")
        self.assertFalse((target / "gone").exists())

    def test_the_test_command_writes_its_workspace(self):
        done = self.run_harness("test", self.workspace, "--workspace", "overlay")
        self.assertEqual(done.code, 2, done.explain())
        self.assertIn("steps of a suite", done.stderr)


class Record(RunTest):
    def test_one_valid_document(self):
        record = self.json("--", "sh", "-c", "echo out; echo err >&2; exit 4", code=4)
        self.assertEqual((record["ending"], record["exit_code"], record["signal"], record["stdout"], record["stderr"]),
                         ("exited", 4, None, "out\n", "err\n"))
        self.assertEqual(record["command"], {"argv": ["sh", "-c", "echo out; echo err >&2; exit 4"], "cwd": os.path.realpath(self.workspace)})
        self.assertIsNone(record["changes"])
        self.assertGreater(record["wall_ms"], 0)
        self.assertEqual(record["workspace"]["access"], "rw")

    def test_input_is_the_callers(self):
        done = self.run_it("--json", "--", "cat", feed=b"given")
        self.assertEqual(done.record["stdout"], "given")

    def test_endings(self):
        for arguments, code, ending in ((["--timeout", "300ms", "--", "sleep", "100"], 124, "wall_time"),
                                        (["--cpu-time", "100ms", "--", "sh", "-c", "while :; do :; done"], 124, "cpu_time"),
                                        (["--memory", "64M", "--", "python3", "-c", "x = bytearray(400 << 20)"], 137, "memory"),
                                        (["--output-limit", "1000", "--", "yes"], 137, "output_limit"),
                                        (["--file-size", "4K", "--", "sh", "-c", "exec head -c 9999 /dev/zero > big"], 153, "file_size"),
                                        (["--", "no-such-program"], 127, "start_failed"), (["--", "sh", "-c", "kill -SEGV $$"], 139, "signaled")):
            record = self.json(*arguments, code=code)
            self.assertEqual(record["ending"], ending)
            self.assertTrue(record["ending_detail"] or ending == "signaled", record)

    def test_signals_are_named(self):
        record = self.json("--timeout", "300ms", "--grace", "100ms", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done", code=124)
        self.assertEqual(record["signals_sent"], ["SIGTERM", "SIGKILL"])
        record = self.json("--", "sh", "-c", "kill -TERM $$", code=143)
        self.assertEqual((record["signal"], record["signal_name"], record["signals_sent"]), (15, "SIGTERM", []))

    def test_output_is_bounded_and_valid(self):
        record = self.json("--output-limit", "1000", "--", "yes", code=137)
        self.assertEqual((record["stdout"], record["stdout_truncated"], record["limits"]["output_bytes"]), ("y\n" * 500, True, 1000))
        record = self.json("--", "sh", "-c", r"printf 'a\000\377b'; printf 'ä\033[0m' >&2")
        self.assertEqual((record["stdout"], record["stdout_encoding"]), ("a\0\ufffdb", "lossy"))
        self.assertEqual((record["stderr"], record["stderr_encoding"]), ("ä\x1b[0m", "utf-8"))
        self.assertFalse(record["stdout_truncated"] or record["stderr_truncated"])

    def test_a_large_output_is_cut_unless_the_caller_set_a_limit(self):
        size = 9 * MEBIBYTE
        record = self.json("--", "sh", "-c", f"head -c {size} /dev/zero | tr '\\0' x")
        self.assertEqual((record["ending"], record["stdout_truncated"], record["stderr_truncated"]), ("exited", True, False))
        self.assertEqual(len(record["stdout"]), 2 * MEBIBYTE)
        record = self.json("--output-limit", "20M", "--", "sh", "-c", f"head -c {size} /dev/zero | tr '\\0' x")
        self.assertEqual((len(record["stdout"]), record["stdout_truncated"]), (size, False))

    def test_names_that_are_no_utf8(self):
        self.need("workspace", "--workspace", "overlay")
        record = self.json("--workspace", "overlay", "--", "sh", "-c", r"touch $(printf 'bad\377name')")
        self.assertEqual([each["path"] for each in record["changes"]["added"]], ["bad\ufffdname"])

    def test_left_over_processes(self):
        record = self.json("--", "sh", "-c", "sleep 4242 & exit 0")
        self.assertEqual([each["command"] for each in record["leftover_processes"]], ["sleep 4242"])
        self.assertTrue(record["sources"]["leftover_processes"])

    def test_every_mechanism_is_listed(self):
        mechanisms = self.json("--", "true")["isolation"]["mechanisms"]
        self.assertGreaterEqual({each["mechanism"] for each in mechanisms}, {"file system", "network", "memory limit", "system call filter"})
        for each in mechanisms:
            self.assertTrue(each["reason"] or each["state"] in ("enforced", "not_requested"), each)

    def test_nothing_is_printed_when_nothing_ran(self):
        self.check("--json", "--require", "net", "--net", "host", "--", "true", code=7, out="", err="network")
        self.check("--json", "--memory", "x", "--", "true", code=2, out="", err="--memory")


class Signals(RunTest):
    # Says when it is up, and that it was told to end.
    SCRIPT = ("import os, signal, sys\ndef told(*_):\n os.write(1, b'told\\n')\n END\nsignal.signal(signal.SIGTERM, told)\n"
              "os.write(1, b'up\\n')\nwhile True:\n signal.pause()\n")

    def test_the_first_one_ends_the_run(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            process = self.start("--", "python3", "-c", self.SCRIPT.replace("END", "sys.exit(0)"))
            self.wait_for_line(process, b"up")
            process.send_signal(number)
            self.assertEqual(process.wait(DEADLINE), code)
            self.assertEqual(process.stdout.read(), b"told\n")
            self.assertEqual(process.stderr.read(), b"")

    def test_a_second_one_does_not_wait_for_the_grace(self):
        process = self.start("--grace", "2s", "--", "python3", "-c", self.SCRIPT.replace("END", "pass"))
        self.wait_for_line(process, b"up")
        process.send_signal(signal.SIGTERM)
        self.wait_for_line(process, b"told")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 143)

    def test_the_whole_tree_dies(self):
        process = self.start("--", "sh", "-c", "setsid sleep 4244 & sleep 4244 & echo up; wait")
        self.wait_for_line(process, b"up")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 130)
        self.assertNothingLeft("sleep\x004244")

    def test_a_killed_runner_leaves_nothing(self):
        process = self.start("--", "sh", "-c", "sleep 4245 & echo up; wait")
        self.wait_for_line(process, b"up")
        process.kill()
        process.wait(DEADLINE)
        self.assertNothingLeft("sleep\x004245")

    def test_ignored_ones_stay_ignored(self):
        process = self.start("--", "sh", "-c", "echo up; sleep 0.5; exit 6", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_line(process, b"up")
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(DEADLINE), 6)

    def test_the_record_says_so(self):
        process = self.start("--json", "--", "sh", "-c", "sleep 0 & while :; do sleep 0.1; done", stdin=subprocess.PIPE)
        self.wait_for_children(process)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=DEADLINE)
        record = Done(process.returncode, stdout, b"").record
        self.assertEqual((process.returncode, record["ending"]), (130, "cancelled"))

    def wait_for_children(self, process):
        """Until the sandbox has been made: its init has a child."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            with contextlib.suppress(OSError):
                if any(pathlib.Path(f"/proc/{child}/task/{child}/children").read_text().strip() for child in children):
                    return
            os.sched_yield()
        self.fail("the command was not started")

    def test_the_command_begins_with_clean_signals(self):
        def dirty():
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
        done = self.check("--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", preexec_fn=dirty)
        self.assertEqual({line.split()[1] for line in done.stdout.decode().splitlines()}, {"0" * 16}, done.explain())


class Terminal(RunTest):
    def on_terminal(self, *arguments, feed=b""):
        """Runs on a terminal of its own; gives exit code, what the terminal showed, and its modes before and after."""
        controller, terminal = pty.openpty()
        before = termios.tcgetattr(terminal)
        flags = fcntl.fcntl(terminal, fcntl.F_GETFL)
        process = self.start(*arguments, stdin=terminal, stdout=terminal, stderr=terminal)
        shown = bytearray()

        def show():
            with contextlib.suppress(OSError):
                while chunk := os.read(controller, 4096):
                    shown.extend(chunk)
        reader = threading.Thread(target=show)
        reader.start()
        os.write(controller, feed)
        code = process.wait(DEADLINE)
        after = termios.tcgetattr(terminal)
        self.assertEqual(fcntl.fcntl(terminal, fcntl.F_GETFL), flags, "flags of the terminal's description")
        os.close(terminal)
        reader.join(DEADLINE)
        os.close(controller)
        self.assertEqual(before, after, "modes of the terminal")
        return code, bytes(shown)

    def test_the_command_has_the_terminal(self):
        code, shown = self.on_terminal("--", "sh", "-c", "test -t 0 && test -t 1 && test -t 2 && read x && echo got $x; exit 4", feed=b"word\n")
        self.assertEqual((code, shown), (4, b"word\r\ngot word\r\n"))

    def test_modes_are_set_back(self):
        for arguments, code in ((["--", "sh", "-c", "stty raw -echo; exit 0"], 0),
                                (["--timeout", "400ms", "--", "sh", "-c", "stty raw -echo; sleep 100"], 124),
                                (["--", "sh", "-c", "stty raw -echo; kill -KILL $$"], 137)):
            self.assertEqual(self.on_terminal(*arguments)[0], code)

    def test_flags_of_the_descriptions_are_set_back(self):
        script = ("import fcntl, os\nfor fd in (0, 1, 2):\n flags = fcntl.fcntl(fd, fcntl.F_GETFL)\n"
                  " fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_NONBLOCK | os.O_ASYNC)\n")
        self.assertEqual(self.on_terminal("--", "python3", "-c", script)[0], 0)
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        self.addCleanup(os.close, write_end)
        self.check("--output-limit", "unlimited", "--", "python3", "-c", script, stdin=read_end, stdout=write_end)
        self.assertTrue(os.get_blocking(read_end) and os.get_blocking(write_end))

    def test_nothing_can_be_typed_into_the_terminal(self):
        script = ("import fcntl, termios\ntry:\n fcntl.ioctl(0, termios.TIOCSTI, b'x')\nexcept OSError as error:\n print(error.errno)\n"
                  "try:\n open('/dev/tty')\nexcept OSError as error:\n print(error.errno)\n")
        code, shown = self.on_terminal("--", "python3", "-c", script)
        self.assertEqual((code, shown.split()), (0, [str(errno.EPERM).encode(), str(errno.ENXIO).encode()]))

    def test_output_is_not_counted_there(self):
        code, shown = self.on_terminal("-v", "--output-limit", "10", "--", "echo", "more than ten bytes")
        self.assertEqual(code, 0)
        self.assertIn(b"more than ten bytes", shown)
        self.assertIn(b"output limit is not enforced", shown)

    def test_a_signal_on_the_terminal(self):
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        before = termios.tcgetattr(terminal)
        process = self.start("--", "sh", "-c", "stty -echo; echo up; while :; do sleep 0.1; done", stdin=terminal, stderr=terminal)
        self.wait_for_line(process, b"up")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 130)
        self.assertEqual(termios.tcgetattr(terminal), before)
        os.close(terminal)


if __name__ == "__main__":
    unittest.main(verbosity=2)
