"""What a run costs, figures of matplotlib, and which interpreter was chosen."""

import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest

BUSY = "import time\nwhile time.process_time() < 0.2:\n    pass\nprint('done')"

# As much of matplotlib as saves a figure.
PYPLOT = """
class Figure:
    def __init__(self, number):
        self.number = number
    def savefig(self, file, *more, **named):
        data = b"\\x89PNG\\r\\n\\x1a\\n" + str(self.number).encode()
        if hasattr(file, "write"):
            file.write(data)
        else:
            open(file, "wb").write(data)
figures = {}
def figure(number=None):
    number = number or len(figures) + 1
    return figures.setdefault(number, Figure(number))
def get_fignums():
    return sorted(figures)
def gcf():
    return figures[max(figures)]
def plot(*values):
    return figures or figure()
def close(which=None):
    figures.clear()
def show(*more, **named):
    pass
def savefig(*more, **named):
    gcf().savefig(*more, **named)
def switch_backend(name):
    pass
"""


class Metrics(RowTest):
    def test_row_135_metrics_are_measured(self):
        """Time, CPU and memory of a run are in its record, each with the mechanism that measured it."""
        for answer in self.ask("execute_code", language="python", code=BUSY):
            metrics = answer.data["metrics"]
            self.assertGreaterEqual(metrics["cpu_time"], 0.15, answer)
            self.assertGreater(metrics["cpu_percent"], 0, answer)
            self.assertGreater(metrics["memory_used"], 1 << 20, answer)
            self.assertTrue(metrics["cpu_source"] and metrics["memory_source"], answer)

    def switched_off(self, answer):
        metrics = answer.data["metrics"]
        self.assertEqual((metrics["cpu_time"], metrics["cpu_percent"], metrics["memory_used"]), (None, None, None), answer)
        for name in ("cpu_percent", "memory_used"):
            self.assertIn("switched off", metrics["reasons"][name], answer)
        self.assertGreater(metrics["execution_time"], 0, answer)

    def test_row_135_metrics_can_be_switched_off(self):
        """`collect_metrics: false`, COLLECT_METRICS and the configuration leave them out, and the record says so."""
        for answer in self.ask("execute_code", language="python", code="print(1)", collect_metrics=False):
            self.switched_off(answer)
        self.environment["COLLECT_METRICS"] = "false"
        for answer in self.ask("execute_code", language="python", code="print(1)"):
            self.switched_off(answer)


    def busy(self, seconds):
        return f"import time\nx = bytearray(64 << 20)\nbegin = time.monotonic()\nwhile time.monotonic() - begin < {seconds}:\n    pass"

    def curve(self, answer, least=3):
        samples = answer.data["metrics"]["samples"]
        self.assertIsNotNone(samples, answer)
        columns = [samples[name] for name in ("time", "cpu_percent", "memory", "processes")]
        self.assertEqual(len({len(column) for column in columns}), 1, samples)
        self.assertGreaterEqual(len(samples["time"]), least, samples)
        self.assertEqual(samples["time"], sorted(set(samples["time"])), samples)
        self.assertGreater(max(samples["cpu_percent"][1:]), 5, samples)
        self.assertGreater(max(samples["memory"]), 32 << 20, samples)
        self.assertTrue(samples["cpu_source"] and samples["memory_source"], samples)
        return samples

    def test_row_135_a_curve_while_it_runs(self):
        """metrics: real-time CPU and memory during the run: rows of a curve in the record; a run shorter than its cadence has none, and says so."""
        for answer in self.ask("execute_code", language="python", code=self.busy(1.5)):
            self.assertEqual(self.curve(answer)["cadence"], 0.1)
        for answer in self.ask("execute_code", language="bash", code="true"):
            metrics = answer.data["metrics"]
            if metrics["samples"] is None:
                self.assertIn("before the first sample", metrics["reasons"]["samples"], answer)
            else:
                self.assertGreaterEqual(answer.data["execution_time"], 0.1, answer)

    def test_row_135_079_136_in_warm_interpreters_and_sessions(self):
        """metrics: real-time CPU and memory during the run, in warm interpreters and in sessions as well."""
        self.configure("[execution]\nwarm_pool = 1\n")
        client = self.client()
        for more in ({}, {"execution_mode": "exec"}, {"session_id": "s"}):
            client.call("execute_code", {"language": "python", "code": "1", "security": "permissive", **more})
            self.curve(client.call("execute_code", {"language": "python", "code": self.busy(1), "security": "permissive", **more}))
            off = client.call("execute_code", {"language": "python", "code": "1", "collect_metrics": False, **more})
            self.switched_off(off)
            self.assertIsNone(off.data["metrics"]["samples"], off)
            self.assertIn("switched off", off.data["metrics"]["reasons"]["samples"])

    def test_row_135_174_progress_tells_cpu_and_memory(self):
        """metrics: real-time CPU and memory during the run are told to a caller that asked for progress."""
        client = self.client()
        for more, heard in (({}, True), ({"collect_metrics": False}, False)):
            before = len(client.notifications)
            number = client.start("tools/call", {"name": "execute_code", "arguments": {"language": "python", "code": self.busy(2.5), **more},
                                                 "_meta": {"progressToken": str(heard)}})
            client.wait(number)
            said = [one["params"].get("message", "") for one in client.notifications[before:] if one["method"] == "notifications/progress"]
            self.assertEqual(any("CPU" in text and "memory" in text for text in said), heard, said)


class Container(RowTest):
    def test_row_073_container_settings(self):
        """Settings of a Jupyter server are taken with their defaults; without one the sandbox of this machine runs the code."""
        self.configure("[execution.container]\n")
        for answer in self.ask("execute_code", language="python", code="print(1)", execution_method="container"):
            self.assertEqual((answer.data["stdout"], answer.data["limits"]["timeout"]), ("1\n", 300), answer)


class Figures(RowTest):
    def test_row_028_054_figures(self):
        """Open figures of matplotlib are saved and named in the record."""
        files = {"matplotlib/__init__.py": "def use(*more, **named):\n    pass\n", "matplotlib/pyplot.py": PYPLOT}
        code = "import matplotlib.pyplot as plt\nplt.figure()\nplt.plot([1, 2])\nplt.show()\nplt.figure()\n"
        for answer in self.ask("execute_code", language="python", code=code, files=files, security="permissive"):
            self.assertTrue(answer.data["success"], answer)
            paths = [pathlib.Path(path) for path in answer.data["figure_paths"]]
            self.assertEqual([path.name for path in paths], ["figure_1.png", "figure_2.png"], answer)
            for path in paths:
                self.assertTrue(path.read_bytes().startswith(b"\x89PNG"), path)
                self.assertIn(path.name, answer.data["files"])


class Runtimes(RowTest):
    def test_row_172_by_version_and_path(self):
        """A runtime is chosen by version or path, and what was found is reported."""
        for answer in self.ask("execute_code", language="python", code="print(1)"):
            runtime = answer.data["runtime"]
            minor = ".".join(runtime["version"].split(".")[:2])
            for chosen in (minor, runtime["path"]):
                for other in self.ask("execute_code", ways=("command line",), language="python", code="print(1)", runtime=chosen):
                    self.assertTrue(other.data["success"], other)
                    self.assertTrue(other.data["runtime"]["version"].startswith(minor), other)
        for answer in self.ask("execute_code", language="python", code="print(1)", runtime="1.4"):
            self.assertEqual(answer.error_kind, "runtime_missing", answer)
            self.assertIn("1.4", answer.data["error"]["message"], answer)

    def make_root(self):
        """A root file system with bash and what it is linked with, and a file that this machine does not have."""
        root = self.folder / "image"
        bash = pathlib.Path(shutil.which("bash")).resolve()
        linked = subprocess.run(["ldd", bash], capture_output=True, text=True, check=True).stdout
        files = [word for line in linked.splitlines() for word in line.split() if word.startswith("/")]
        for file in files:
            target = root / file.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        for folder in ("usr/bin", "etc", "bin"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(bash, root / "usr/bin/real-bash")
        (root / "bin/bash").symlink_to("/usr/bin/real-bash")
        (root / "etc/of-the-image").write_text("from the image")
        return root

    def test_row_172_by_a_root_file_system(self):
        """A root file system is a runtime: the code sees its folders in the place of the machine's, read-only."""
        root = self.make_root()
        code = "echo $(< /etc/of-the-image) /etc/* /usr/bin/*; [ -e /home ] || echo no home; pwd"
        expected = "from the image /etc/of-the-image /usr/bin/real-bash\nno home\n/workspace\n"
        for answer in self.ask("execute_code", ways=("command line",), language="bash", code=code, runtime=str(root)):
            self.assertEqual(answer.data["stdout"], expected, answer)
            self.assertEqual((answer.data["runtime"]["path"], answer.data["runtime"]["version"]), ("/usr/bin/real-bash", None), answer)
        self.configure(f'[execution]\nmethod = "container"\n\n[execution.container]\nroot_image = "{root}"\n')
        for answer in self.ask("execute_code", language="bash", code=code):
            self.assertEqual((answer.data["stdout"], answer.data["execution_method"]), (expected, "container"), answer)
        client = self.client()
        for _ in range(2):
            answer = client.call("execute_code", {"language": "bash", "code": code, "session_id": "s"})
            self.assertEqual(answer.data["stdout"], expected, answer)
        for answer in self.ask("execute_code", language="bash", code="echo x > /etc/new", security="permissive"):
            self.assertEqual(answer.error_kind, "code_error", answer)
        self.assertFalse((root / "etc/new").exists())
        for answer in self.ask("execute_code", language="python", code="print(1)"):
            self.assertEqual(answer.error_kind, "runtime_missing", answer)
            self.assertIn("root file system", answer.data["error"]["message"])

    def test_row_172_what_is_no_root_is_refused(self):
        """A root file system that is none is refused in words, before anything is started."""
        empty, packed = self.folder / "empty", self.folder / "packed"
        for folder in (empty, packed):
            folder.mkdir()
        (packed / "manifest.json").write_text("[]")
        for path, words in ((self.folder / "nowhere", "no such folder"), (packed / "manifest.json", "no folder"), (packed, "packed image"),
                            (empty, "neither bin nor usr/bin")):
            self.configure(f'[execution.container]\nroot_image = "{path}"\n')
            for answer in self.ask("execute_code", language="bash", code="echo ran", execution_method="container"):
                self.assertEqual((answer.error_kind, answer.data["stdout"]), ("runtime_missing", ""), answer)
                self.assertIn(words, answer.data["error"]["message"], answer)


if __name__ == "__main__":
    unittest.main()
