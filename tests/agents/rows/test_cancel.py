"""Cancelling a call at each stage of a run: all its processes are gone, and the server goes on."""

import http.server
import os
import pathlib
import shutil
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest

PATIENCE_S = 60


def processes(mark):
    """Those of this machine whose command line has `mark`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(entry))
        except OSError:
            pass
    return found


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.05)
    return True


class Cancel(RowTest):
    marks = iter(range(1, 1000))

    def setUp(self):
        super().setUp()
        # No other process of the machine waits for as long.
        self.mark = f"{400000 + os.getpid() % 100000}.{next(self.marks):03}"

    def cancel_when(self, begun, client, tool="execute_code", **arguments):
        """Starts the call, cancels it when `begun`, and expects that nothing of it is left and the next call works."""
        arguments = {"security": "permissive", "timeout": 300, **arguments}
        number = client.start("tools/call", {"name": tool, "arguments": arguments})
        self.assertTrue(until(begun), client.replies.get(number))
        client.notify("notifications/cancelled", {"requestId": number})
        self.assertTrue(until(lambda: not processes(self.mark)), "processes are left")
        after = client.call("execute_code", {"language": "bash", "code": "echo after"})
        self.assertEqual(after.data["stdout"], "after\n", after)
        self.assertNotIn(number, client.replies, "nothing is said about a call that was cancelled")

    def is_running(self):
        return bool(processes(self.mark))

    def test_row_175_while_packages_are_installed(self):
        """temporary files of a run are removed after it: a call that is cancelled while packages are installed ends with its installer."""
        asked = threading.Event()
        over = threading.Event()

        class Hanging(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.set()
                over.wait()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hanging)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(over.set)
        self.mark = f"127.0.0.1:{server.server_port}"
        self.write({"requirements.txt": f"--index-url http://{self.mark}/simple\nhanging-package\n"})
        began = time.monotonic()
        self.cancel_when(asked.is_set, self.client(), language="python", code="print(1)", requirements="requirements.txt")
        self.assertLess(time.monotonic() - began, PATIENCE_S)

    def test_row_175_while_it_is_built(self):
        """temporary files of a run are removed after it: a call that is cancelled while its program is built ends with the compiler and all it started."""
        if not shutil.which("cargo"):
            self.skipTest("cargo is missing: a build that takes long is made by it")
        build = f'fn main() {{ std::process::Command::new("sleep").arg("{self.mark}").status().unwrap(); }}'
        files = {"Cargo.toml": '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n', "build.rs": build}
        self.cancel_when(self.is_running, self.client(), language="rust", code="fn main() {}", files=files)

    def code(self, language):
        return {"python": f"import os\nos.system('sleep {self.mark} & sleep {self.mark}')",
                "javascript": f"require('child_process').execSync('sleep {self.mark} & sleep {self.mark}')",
                "bash": f"sleep {self.mark} & sleep {self.mark}"}[language]

    def test_row_175_while_it_runs(self):
        """temporary files of a run are removed after it: a call that is cancelled while its code runs ends with all processes of the code."""
        for language in ("python", "javascript", "bash"):
            with self.subTest(language):
                self.cancel_when(self.is_running, self.client(), language=language, code=self.code(language))

    def test_row_175_079_in_a_warm_interpreter(self):
        """temporary files of a run are removed after it: a call that is cancelled in a warm interpreter ends with all processes of the code, and the pool goes on."""
        self.configure("[execution]\nwarm_pool = 2\n")
        for language in ("python", "javascript"):
            for mode in ("subprocess", "exec"):
                with self.subTest(f"{language} {mode}"):
                    client = self.client()
                    client.call("execute_code", {"language": language, "code": "1"})
                    self.cancel_when(self.is_running, client, language=language, code=self.code(language), execution_mode=mode)
                    code = "print(6 * 7)" if language == "python" else "console.log(6 * 7)"
                    again = client.call("execute_code", {"language": language, "code": code, "execution_mode": mode})
                    self.assertEqual(again.data["stdout"], "42\n", again)
                    client.close()

    def test_row_175_136_in_a_session(self):
        """temporary files of a run are removed after it: a cancelled call of a session ends with what it started, and the session keeps its state."""
        show = {"python": ("x = 5", "print(x)"), "javascript": ("var x = 5", "console.log(x)"), "bash": ("x=5", "echo $x")}
        for language, (first, second) in show.items():
            with self.subTest(language):
                client = self.client()
                session = {"language": language, "session_id": f"s-{language}"}
                client.call("execute_code", {**session, "code": first})
                self.cancel_when(self.is_running, client, code=self.code(language), **session)
                answer = client.call("execute_code", {**session, "code": second})
                self.assertIn(answer.data["stdout"], ("5\n", "\n", ""), answer)
                client.close()

    def test_row_175_the_folders_of_a_cancelled_run_are_gone(self):
        """temporary files of a run are removed after it: those of a cancelled one, too."""
        folder = self.folder / "tmp"
        folder.mkdir()
        self.environment["TMPDIR"] = str(folder)
        self.cancel_when(self.is_running, self.client(), language="bash", code=f"echo x > left.txt; {self.code('bash')}")
        self.assertTrue(until(lambda: not list(folder.iterdir())), list(folder.iterdir()))


if __name__ == "__main__":
    unittest.main()
