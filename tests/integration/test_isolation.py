"""What a suite can see and change, what its limits do, and what a run leaves behind: as the caller, and as an ordinary user."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest

from harness import RUNHARNESS, HarnessTest, Outcome, clean_environment, require

USER = 65532  # no such account needed
CREDENTIALS = (".ssh/id_canary", ".aws/credentials", ".netrc", ".npmrc", ".cargo/credentials.toml", ".config/gh/hosts.yml",
               ".config/git/credentials", ".docker/config.json", ".git-credentials")


def system_python():
    """A Python with pytest that any user of the machine may run."""
    for python in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-m", "pytest", "--version"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def user_namespaces():
    return subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False, **as_user()).returncode == 0


def as_user():
    return {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}


class IsolationTest(HarnessTest):
    """A project and a HOME of its own; runs as the caller, or as an ordinary user where the caller is root."""

    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        self.home.mkdir()

    def run_in_home(self, project, *arguments, user=False, environment=None, prefix=(), out=None, **options):
        directory = out or self.folder / "run"
        env = clean_environment(HOME=str(self.home), PYTHONDONTWRITEBYTECODE="1")
        if user:
            env["PATH"] = "/usr/local/bin:/usr/bin:/bin"
            for name in [name for name in env if name.startswith("PYENV") or name.startswith("VIRTUAL")]:
                del env[name]
        for name, value in (environment or {}).items():
            env.pop(name, None)
            if value is not None:
                env[name] = value
        if user and os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{USER}:{USER}", self.folder], check=True)
        place = [] if out == "default" else ["--out", str(directory)]
        command = [*prefix, str(RUNHARNESS), "test", str(project), "--no-coverage", *place, *map(str, arguments)]
        done = subprocess.run(command, cwd="/", env=env, stdin=options.pop("stdin", subprocess.DEVNULL), capture_output=True, text=True,
                              errors="replace", timeout=120, check=False, **(as_user() if user else {}), **options)
        return Outcome(done.returncode, done.stdout, done.stderr, directory)

    def both(self):
        """Yields user=False and, where that is someone else, user=True."""
        for user in ([False, True] if os.geteuid() == 0 and system_python() else [False]):
            with self.subTest(user="ordinary" if user else "caller"):
                yield user

    def assertAllPassed(self, done):
        self.assertEqual(done.code, 0, done.explain())

    def row(self, done, name):
        return next(row for row in done.test_step()["isolation"]["rows"] if row["mechanism"] == name)


@require("python3", "pytest")
class Home(IsolationTest):
    SUITE = """
import os, pathlib, pytest
HOME = pathlib.Path({home!r})

@pytest.mark.parametrize("name", {credentials!r})
def test_hidden(name):
    assert not (HOME / name).exists() or (HOME / name).read_bytes() == b""

def test_writes_stay_inside():
    (HOME / "left-behind").write_text("x")
"""

    def project_with_credentials(self, place="project"):
        for name in CREDENTIALS:
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_text("canary")
        project = self.home / place
        project.mkdir(exist_ok=True)
        (project / "test_home.py").write_text(self.SUITE.format(home=str(self.home), credentials=CREDENTIALS))
        (project / "pytest.ini").write_text("[pytest]\n")
        return project

    def test_credentials_are_hidden_and_writes_stay_inside(self):
        project = self.project_with_credentials()
        for user in self.both():
            self.assertAllPassed(self.run_in_home(project, user=user))
            self.assertFalse((self.home / "left-behind").exists())

    def test_home_of_the_account_stays_hidden_when_home_names_another_folder(self):
        """Checked with a private user database entry, where one can be mounted."""
        project = self.write({"pytest.ini": "[pytest]\n", "test_account.py":
                              "import os, pwd\n\ndef test_account_home():\n"
                              f"    home = {os.path.expanduser('~' + self.account())!r}\n"
                              "    assert [] == [n for n in os.listdir(home) if n in ('.bashrc', '.profile', '.ssh', '.netrc')]\n"})
        for home in (None, "/", "/nonexistent", str(self.folder)):
            with self.subTest(HOME=home):
                self.assertAllPassed(self.run_in_home(project, environment={"HOME": home}))

    @staticmethod
    def account():
        import pwd
        return pwd.getpwuid(os.geteuid()).pw_name

    def test_home_under_version_control(self):
        project = self.project_with_credentials()
        (self.home / ".git").mkdir()
        for user in self.both():
            self.assertAllPassed(self.run_in_home(project, user=user))

    def test_home_that_is_the_workspace(self):
        self.project_with_credentials(".")
        done = self.run_in_home(self.home)
        self.assertAllPassed(done)
        self.assertEqual(self.row(done, "file system")["state"], "degraded")

    def test_tool_folders_stay_readable(self):
        for name in (".cargo/registry", ".rustup", "go/pkg/mod", ".nvm", ".local/bin"):
            (self.home / name).mkdir(parents=True)
            (self.home / name / "tool").write_text("here")
        project = self.home / "project"
        project.mkdir()
        (project / "test_tools.py").write_text(
            "import pathlib, pytest\n\n@pytest.mark.parametrize('name', ['.cargo/registry', '.rustup', 'go/pkg/mod', '.nvm', '.local/bin'])\n"
            f"def test_readable(name):\n    tool = pathlib.Path({str(self.home)!r}, name, 'tool')\n    assert tool.read_text() == 'here'\n"
            "    with pytest.raises(OSError):\n        tool.write_text('changed')\n")
        for user in self.both():
            self.assertAllPassed(self.run_in_home(project, user=user))

    def test_linked_work_tree_sees_its_store_and_no_other(self):
        git = shutil.which("git")
        if not git:
            self.skipTest("not installed: git")
        main, other = self.home / "main", self.home / "other"
        for folder in (main, other):
            subprocess.run([git, "init", "-q", folder], check=True)
        subprocess.run([git, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"], cwd=main, check=True)
        subprocess.run([git, "worktree", "add", "-q", self.home / "tree"], cwd=main, check=True)
        tree = self.home / "tree"
        (tree / "pytest.ini").write_text("[pytest]\n")
        (tree / "test_git.py").write_text("import os, subprocess\n\ndef test_git():\n"
                                          "    subprocess.run(['git', '-c', 'safe.directory=*', 'log', '-1'], check=True)\n\n"
                                          f"def test_no_other():\n    assert not os.path.exists({str(other)!r})\n")
        self.assertAllPassed(self.run_in_home(tree))
        (tree / ".git").write_text(f"gitdir: {other}/.git\n")
        (tree / "test_git.py").write_text(f"import os\n\ndef test_no_other():\n    assert not os.path.exists({str(other)!r})\n")
        self.assertAllPassed(self.run_in_home(tree))


@require("python3", "pytest")
class Limits(IsolationTest):
    HOGS = {
        "memory": ("b = []\n    while True:\n        b.append(bytearray(b'x' * 10_000_000))", ("--memory", "200M")),
        "pids": ("import os, time\n    while True:\n        if os.fork() == 0:\n            time.sleep(60)\n            os._exit(0)", ("--pids", "60")),
        "wall_time": ("import time\n    time.sleep(600)", ("--timeout", "3s")),
        "cpu_time": ("while True:\n        pass", ("--cpu-time", "2s")),
    }

    def test_each_hog_has_the_right_ending(self):
        for user in self.both():
            for ending, (body, limit) in self.HOGS.items():
                with self.subTest(ending=ending):
                    project = self.write({"pytest.ini": "[pytest]\n", "test_hog.py": f"def test_hog():\n    {body}\n"})
                    done = self.run_in_home(project, *limit, "--grace", "200ms", user=user)
                    self.assertEqual(done.code, 6, done.explain())
                    self.assertEqual(done.test_step()["ending"], ending, done.explain())

    @unittest.skipUnless(os.geteuid() == 0 and system_python(), "needs root to become another user, and a pytest for all users")
    def test_a_user_without_control_groups_is_told_so(self):
        project = self.write({"pytest.ini": "[pytest]\n", "test_a.py": "def test_a():\n    pass\n"})
        done = self.run_in_home(project, user=True)
        self.assertAllPassed(done)
        for name in ("memory limit", "process limit"):
            row = self.row(done, name)
            self.assertIn(row["state"], ("enforced", "degraded"))
            if row["state"] == "degraded":
                self.assertTrue(row["reason"])
                self.assertIn("watchdog", row["detail"])


@require("python3", "pytest")
class Network(IsolationTest):
    SUITE = """
import socket, pytest

@pytest.mark.parametrize("family,address", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_loopback(family, address):
    with socket.socket(family) as server, socket.socket(family) as client:
        server.bind((address, 0))
        server.listen()
        client.connect(server.getsockname()[:2])

def test_host_service():
    with socket.create_connection(("127.0.0.1", {port}), timeout=2):
        pass
"""

    def test_presets(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        threading.Thread(target=self.accept_all, args=(server,), daemon=True).start()
        project = self.write({"pytest.ini": "[pytest]\n", "test_net.py": self.SUITE.format(port=server.getsockname()[1])})
        for user in self.both():
            done = self.run_in_home(project, "--preset", "local", user=user)
            self.assertEqual(done.outcomes()["test_host_service"], "passed", done.explain())
            done = self.run_in_home(project, "--preset", "ci", user=user)
            outcomes = done.outcomes()
            self.assertEqual(outcomes.pop("test_host_service"), "failed", done.explain())
            self.assertEqual(set(outcomes.values()), {"passed"}, done.explain())

    @staticmethod
    def accept_all(server):
        try:
            while True:
                server.accept()[0].close()
        except OSError:
            pass


@require("python3", "pytest")
class Records(IsolationTest):
    SUITE = """
import os, pathlib, pytest
ROOT = pathlib.Path({project!r})
RUN = pathlib.Path({run!r})
NAMES = ["events.jsonl", "report.json", "samples.bin", "support/rh_pytest_plugin.py", "support/new.py", "suites/999-other/out/results.xml"]
FILES = [RUN / name for name in NAMES] + [ROOT / name for name in (".runharness/history.db", ".runharness/new", ".git/hooks/pre-commit", ".git/config")]

@pytest.mark.parametrize("path", FILES)
def test_write(path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("forged")
    except OSError:
        pass

@pytest.mark.parametrize("folder", [RUN, ROOT / ".runharness", ROOT / ".git", ROOT / ".git/hooks"])
def test_move_away(folder):
    try:
        folder.rename(str(folder) + ".old")
    except OSError:
        pass
"""

    def test_a_suite_cannot_change_what_is_reported(self):
        for user in self.both():
            for out in (self.folder / "run", self.folder / "project/.runharness/runs/one"):
                with self.subTest(out=out):
                    project = self.write({"pytest.ini": "[pytest]\n", ".git/hooks/pre-commit": "", ".git/config": "",
                                          "test_forge.py": self.SUITE.format(project=str(self.folder / "project"), run=str(out))})
                    self.assertAllPassed(self.run_in_home(project, user=user, out=out))
                    # Where the run directory lies in the private /tmp, the suite wrote to its own copy.
                    for path in sorted(self.folder.rglob("*")):
                        self.assertFalse(path.name.endswith(".old"), path)
                        self.assertFalse(path.is_file() and path.read_bytes() == b"forged", path)
                    shutil.rmtree(out)


@require("python3", "pytest")
class Disk(IsolationTest):
    def passing(self):
        return self.write({"pytest.ini": "[pytest]\n", "test_a.py": "def test_a():\n    print('x' * 300000)\n"})

    @unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small file system")
    def test_full_run_directory(self):
        small, other = self.folder / "small", self.folder / "other.json"
        small.mkdir()
        for size in ("4k", "64k", "200k"):
            with self.subTest(size=size):
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", small], check=True)
                try:
                    done = self.run_in_home(self.passing(), "--report", f"json={other}", out=small)
                finally:
                    subprocess.run(["umount", "-l", small], check=True)
                self.assertEqual(done.code, 8, done.explain())
                self.assertIn("No space left on device", done.stdout + done.stderr)
                self.assertIn(str(small), done.stdout + done.stderr)
                if size == "200k":  # without its plugins no suite runs
                    self.assertEqual(json.loads(other.read_text())["counts"]["passed"], 1, done.explain())

    def test_file_size_limit_of_the_caller(self):
        done = self.run_in_home(self.passing(), "--", "-s", prefix=("sh", "-c", 'ulimit -f 100; exec "$@"', "sh"))
        self.assertEqual(done.code, 8, done.explain())
        self.assertIn("File too large", done.stdout + done.stderr)

    def test_report_that_cannot_be_written(self):
        done = self.run_in_home(self.passing(), "--report", "json=/proc/nowhere/report.json")
        self.assertEqual(done.code, 8, done.explain())
        self.assertIn("/proc/nowhere", done.stderr)
        self.assertTrue((done.directory / "report.json").exists())

    @unittest.skipUnless(os.geteuid() == 0 and system_python(), "needs root to become another user, and a pytest for all users")
    def test_read_only_places(self):
        project = self.passing()
        done = self.run_in_home(project, user=True, out="default", prefix=("unshare", "-Urm", "sh", "-c", f"mount -o bind,ro {project} {project} && exec \"$@\"", "sh"))
        if "unshare" in done.stderr:
            self.skipTest("no user namespaces for ordinary users: " + done.stderr.strip())
        self.assertAllPassed(done)
        self.assertIn("Read-only file system", done.stdout)
        kept = pathlib.Path(next(line for line in done.stdout.splitlines() if line.startswith("report: ")).split(": ", 1)[1])
        kept = (pathlib.Path("/") / kept).parent
        self.addCleanup(shutil.rmtree, kept, ignore_errors=True)
        self.assertTrue((kept / "report.html").exists(), done.explain())
        closed = self.folder / "closed"
        closed.mkdir(mode=0o555)
        done = self.run_in_home(project, user=True, out=closed / "run")
        self.assertEqual(done.code, 8, done.explain())
        self.assertIn(str(closed), done.stderr)


@require("python3", "pytest")
class Leavings(IsolationTest):
    SUITE = "import subprocess, time\n\ndef test_first():\n    subprocess.Popen(['sleep', '1000.25'], start_new_session=True)\n\ndef test_hangs():\n    time.sleep(600)\n"

    def leavings(self):
        groups = [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"**/runharness-{self.pid}-*")]
        temporary = [str(path) for path in pathlib.Path("/tmp").glob("runharness-*") if path.stat().st_mtime >= self.began]
        return groups + temporary

    def interrupted(self, number):
        project = self.write({"pytest.ini": "[pytest]\n", "test_a.py": self.SUITE})
        self.began = self.folder.stat().st_mtime
        process, directory = self.start_harness(project, "--no-coverage", "--grace", "200ms", env=clean_environment(TMPDIR=str(self.home)))
        self.pid = process.pid
        self.wait_for_event(process, directory, "test_finished")
        process.send_signal(number)
        process.communicate(timeout=30)
        return project

    def test_int_and_term(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                self.interrupted(number)
                self.assertNothingLeft("1000.25")
                self.assertEqual(list(self.home.iterdir()), [])
                self.assertEqual([path for path in self.leavings() if f"-{self.pid}-" in path], [])

    def test_kill_takes_the_tree_along(self):
        project = self.interrupted(signal.SIGKILL)
        deadline = threading.Event()
        for _ in range(100):  # the kernel tears the namespace down after the runner's end
            try:
                self.assertNothingLeft("1000.25")
                break
            except AssertionError:
                deadline.wait(0.05)
        self.assertNothingLeft("1000.25")
        (project / "test_a.py").write_text("def test_a():\n    pass\n")
        self.assertAllPassed(self.run_in_home(project))  # the next run takes the folder over and clears dead groups
        self.assertEqual([path for path in self.leavings() if f"-{self.pid}-" in path], [])


@require("python3", "pytest")
class Surroundings(IsolationTest):
    def passing(self):
        return self.write({"pytest.ini": "[pytest]\n", "test_a.py": "import subprocess, sys\n\ndef test_a():\n    subprocess.run([sys.executable, '-c', ''], check=True)\n"})

    def test_umask(self):
        for user in self.both():
            self.assertAllPassed(self.run_in_home(self.passing(), user=user, umask=0o077))

    def test_closed_streams(self):
        project = self.passing()
        code = subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", RUNHARNESS, "test", project, "--no-coverage", "--out", self.folder / "run"],
                              check=False, env=clean_environment(), timeout=60).returncode
        self.assertEqual(code, 0)

    def test_ignored_interrupt(self):
        self.assertAllPassed(self.run_in_home(self.passing(), prefix=("sh", "-c", 'trap "" INT; exec "$@"', "sh")))

    def test_many_variables(self):
        many = {f"VARIABLE_{number}": "x" * 20 for number in range(10_000)}
        self.assertAllPassed(self.run_in_home(self.passing(), environment=many))
        self.assertAllPassed(self.run_in_home(self.passing(), "--pass-env", "VARIABLE_*", environment=many))

    def test_relative_entries_of_path_are_not_followed(self):
        project = self.passing()
        trap = project / "bin/python3"
        trap.parent.mkdir()
        trap.write_text("#!/bin/sh\nexit 99\n")
        trap.chmod(0o755)
        self.assertAllPassed(self.run_in_home(project, environment={"PATH": "bin:.:" + os.environ["PATH"]}))

    def test_homes(self):
        for user in self.both():
            for home in (None, "", "/", "/nonexistent"):
                with self.subTest(HOME=home):
                    self.assertAllPassed(self.run_in_home(self.passing(), user=user, environment={"HOME": home}))

    def test_tmpdir(self):
        for user in self.both():
            self.assertAllPassed(self.run_in_home(self.passing(), user=user, environment={"TMPDIR": str(self.home)}))
            self.assertEqual([path.name for path in self.home.iterdir() if path.name.startswith("runharness")], [])


@require("node", "npm")
class Prepare(IsolationTest):
    PROJECT = {
        "package.json": json.dumps({"name": "app", "version": "1.0.0", "scripts": {"test": "node --test"}, "dependencies": {"dep": "file:dep.tgz"}}),
        "a.test.js": "const test = require('node:test'); const fs = require('fs'); const os = require('os');\n"
                     "test('dep', () => { if (require('dep') !== 42) throw new Error('dep'); });\n"
                     "test('secrets', () => { if (process.env.NPM_TOKEN || fs.existsSync(os.homedir() + '/.npmrc')) throw new Error('seen'); });\n",
    }

    def project(self):
        project = self.write(self.PROJECT)
        package = self.folder / "package"
        package.mkdir(exist_ok=True)
        # What npm ci runs sees what a registry login needs.
        (package / "package.json").write_text(json.dumps({"name": "dep", "version": "1.0.0", "main": "index.js", "scripts": {
            "postinstall": "node -e \"if (!process.env.NPM_TOKEN || !require('fs').existsSync(process.env.npm_config_userconfig)) process.exit(1)\""}}))
        (package / "index.js").write_text("module.exports = 42;\n")
        subprocess.run(["tar", "-czf", project / "dep.tgz", "package"], cwd=self.folder, check=True)
        offline = clean_environment(HOME=str(self.home), NPM_TOKEN="t", npm_config_userconfig="/dev/null")
        subprocess.run(["npm", "install", "--package-lock-only", "--offline", "--ignore-scripts"], cwd=project, env=offline, check=True, capture_output=True)
        (self.home / ".npmrc").write_text("fund=false\n")
        return project

    def steps(self, done):
        return [step["kind"] for step in done.suite["steps"]]

    def test_prepare_runs_once_and_keeps_its_secrets(self):
        project = self.project()
        done = self.run_in_home(project, environment={"NPM_TOKEN": "t"})
        self.assertAllPassed(done)
        self.assertEqual(self.steps(done)[0], "prepare")
        again = self.run_in_home(project, prefix=("unshare", "-n") if os.geteuid() == 0 else ())
        self.assertAllPassed(again)
        self.assertNotIn("prepare", self.steps(again))

    def test_member_of_a_workspace_finds_hoisted_packages(self):
        member = self.home / "mono/packages/a"
        hoisted = self.home / "mono/node_modules"
        shared = self.home / "mono/packages/shared"
        for folder in (member, hoisted / "dep", shared):
            folder.mkdir(parents=True)
        (hoisted / "shared").symlink_to("../packages/shared")
        (self.home / "mono/package.json").write_text(json.dumps({"name": "mono", "private": True, "workspaces": ["packages/*"]}))
        for name, folder in (("dep", hoisted / "dep"), ("shared", shared)):
            (folder / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0", "main": "index.js"}))
            (folder / "index.js").write_text("module.exports = 42;\n")
        (member / "package.json").write_text(json.dumps({"name": "a", "version": "1.0.0", "scripts": {"test": "node --test"},
                                                         "dependencies": {"dep": "^1.0.0", "shared": "^1.0.0"}}))
        (member / "a.test.js").write_text("require('node:test')('hoisted', () => { if (require('dep') + require('shared') !== 84) throw new Error('other'); });\n")
        for user in self.both():
            done = self.run_in_home(member, user=user)
            self.assertAllPassed(done)
            self.assertNotIn("prepare", self.steps(done))


@require("python3", "pytest", "unshare", "setpriv")
class NoNamespaces(IsolationTest):
    """A host that refuses user namespaces, as seen from a namespace whose quota of them is zero."""

    INSIDE = ("unshare", "-U", "--map-root-user", "sh", "-c",
              "echo 0 > /proc/sys/user/max_user_namespaces && "
              'exec setpriv --securebits=+noroot --no-new-privs --inh-caps=-all --bounding-set=-all "$@"', "sh")

    @unittest.skipUnless(os.geteuid() == 0 and system_python() and user_namespaces(),
                         "needs root to become another user, a pytest for all users, and user namespaces for them")
    def test_rows_say_so_and_tests_run(self):
        project = self.home / "project"
        project.mkdir()
        (self.home / ".netrc").write_text("canary")
        (project / "test_a.py").write_text("import pytest\n\ndef test_secret():\n    with pytest.raises(OSError):\n"
                                           f"        open({str(self.home / '.netrc')!r}).read()\n\n"
                                           f"def test_write():\n    with pytest.raises(OSError):\n        open({str(self.home / 'x')!r}, 'w')\n")
        done = self.run_in_home(project, user=True, prefix=self.INSIDE)
        self.assertAllPassed(done)
        rows = {row["mechanism"]: row for row in done.test_step()["isolation"]["rows"]}
        self.assertEqual(rows["user namespace"]["state"], "refused")
        self.assertEqual(rows["file system"]["state"], "degraded")
        self.assertIn("Landlock", rows["file system"]["detail"])
        self.assertEqual(done.test_step()["isolation"]["reached"], "none")
        for row in rows.values():
            self.assertTrue(row["state"] in ("enforced", "not_requested") or row["reason"], row)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("isolation: not root, so no ordinary user besides the caller is tried", file=sys.stderr)
    unittest.main()
