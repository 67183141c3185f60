"""What a run costs, figures of matplotlib, and which interpreter was chosen."""

import pathlib
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


class Container(RowTest):
    def test_row_073_container_settings(self):
        """Settings of a Jupyter server are taken with their defaults, and running code there is a clear error, not a hang."""
        self.configure('[execution.container]\njupyter_host = "127.0.0.1"\njupyter_port = 8888\ntimeout = "300s"\n')
        for answer in self.ask("execute_code", language="python", code="print(1)", execution_method="container"):
            self.assertEqual((answer.error_kind, answer.data["stdout"]), ("service_unavailable", ""), answer)
            self.assertIn("127.0.0.1:8888", answer.data["error"]["message"])
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


if __name__ == "__main__":
    unittest.main()
