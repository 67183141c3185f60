"""A hundred runners that are killed at random moments with SIGKILL: the next start leaves nothing of theirs on the machine."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

from harness import RUNHARNESS, HarnessTest, clean_environment

RUNS = 100
USER = 65532  # no such account needed
PATIENCE = 10  # seconds for a tree to die with its runner
SEED = int(os.environ.get("RUNHARNESS_TEST_SEED", random.SystemRandom().randrange(1 << 32)))

# Each leaves processes in sessions of their own, deaf to SIGTERM, and files where the policy lets it.
COMMAND = """trap '' TERM HUP INT
(setsid sleep {mark} &)
mkdir -p made && echo x >made/file && echo x >/tmp/{mark} && echo x >/dev/shm/{mark}
(trap '' TERM; sleep {mark}; true) & sleep {mark}"""


def mounts():
    return sorted(line.split(" ", 4)[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines())


def command_lines():
    """pid -> command line of everything that lives."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            pass
    return found


def groups_of(pids):
    """Control groups that carry the name of one of these runners."""
    marks = tuple(f"runharness-{pid}-" for pid in pids)
    found = []
    for folder, below, _ in os.walk("/sys/fs/cgroup"):
        found += [os.path.join(folder, name) for name in below if name.startswith(marks)]
    return found


class RunnerKilled(HarnessTest):
    def setUp(self):
        super().setUp()
        print(f"RUNHARNESS_TEST_SEED={SEED}", flush=True)
        self.chance = random.Random(SEED)
        self.folder.chmod(0o755)
        # An ordinary user may not be able to reach the folder of the build.
        self.program = self.folder / "runharness"
        shutil.copy2(RUNHARNESS, self.program)
        self.place = {}
        for who in ("caller", "user") if os.geteuid() == 0 else ("caller",):
            place = self.folder / who
            for name in ("workspace/.git/hooks", "home", "tmp"):
                (place / name).mkdir(parents=True)
            (place / "workspace/kept").write_text("kept\n")
            if who == "user":
                for path in (place, *place.rglob("*")):
                    os.chown(path, USER, USER)
            self.place[who] = place

    def start(self, who, *arguments):
        place = self.place[who]
        # The temporary folder is the runner's own; inside, the sandbox has another.
        env = clean_environment(HOME=str(place / "home"), TMPDIR=str(place / "tmp"), PATH="/usr/bin:/bin")
        account = {"user": USER, "group": USER, "extra_groups": []} if who == "user" else {}
        return subprocess.Popen([str(self.program), "run", *arguments], cwd=place / "workspace", env=env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **account)

    def options(self):
        return [
            "--preset", self.chance.choice(["local", "ci", "strict", "agent"]),
            *self.chance.choice([[], [], ["--isolation", "none"], ["--isolation", "strict"]]),
            *self.chance.choice([[], ["--workspace", "overlay"], ["--workspace", "rw"]]),
            *self.chance.choice([[], ["--net", "host"], ["--net", "none"]]),
            *self.chance.choice([[], ["--memory", "64M"], ["--pids", "50"], ["--cpus", "0.5"]]),
            *self.chance.choice([[], ["--json"]]),
        ]  # fmt: skip

    def litter(self, pids, mark, before):
        """What is still there, in words."""
        found = [f"process {pid}: {line}" for pid, line in command_lines().items() if mark in line]
        found += [f"group {path}" for path in groups_of(pids)]
        found += [f"mount {line}" for line in mounts() if line not in before]
        for place in self.place.values():
            found += [f"file {path}" for path in place.rglob("tmp/*")]
            # What the command made is its own; what the runner put there to guard a path is not.
            names = {path.name for path in (place / "workspace").iterdir()}
            found += [f"file {place}/workspace/{name}" for name in names - {".git", "kept", "made"}]
            found += [f"file {path}" for path in (place / "workspace/.git").rglob("*") if path.name != "hooks"]
        return found

    def test_nothing_is_left_after_the_next_start(self):
        before, pids = mounts(), []
        mark = f"7{os.getpid()}"
        for _ in range(RUNS):
            who = self.chance.choice(list(self.place))
            runner = self.start(who, *self.options(), "--", "sh", "-c", COMMAND.format(mark=mark))
            pids.append(runner.pid)
            # Most moments are those of the set-up, which takes some milliseconds.
            time.sleep(self.chance.choice([self.chance.uniform(0, 0.015), self.chance.uniform(0, 0.1)]))
            runner.send_signal(signal.SIGKILL)
            self.assertEqual(runner.wait(), -signal.SIGKILL)
        for who in self.place:
            after = self.start(who, "--preset", "agent", "--workspace", "rw", "--", "true")
            self.assertEqual(after.wait(timeout=60), 0)
            pids.append(after.pid)
        end = time.monotonic() + PATIENCE
        while self.litter(pids, mark, before) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.litter(pids, mark, before), [])
        for path in (f"/tmp/{mark}", f"/dev/shm/{mark}"):
            if os.path.exists(path):  # where the host's own was all there was, the command's file is its own
                os.unlink(path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
