"""Notebooks: run by path, and written for executions. nbformat and Jupyter are the referees where prepare.py has
installed them, or RUNHARNESS_JUPYTER names an interpreter that has them."""

import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest  # noqa: E402
from referees import chosen, need_chosen  # noqa: E402

REFEREE = ("RUNHARNESS_JUPYTER", "jupyter/bin/python")
JUPYTER = chosen(*REFEREE)
VALIDATE = "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT)); print('valid')"


def notebook(*sources, tags=None, **metadata):
    cells = [{"cell_type": "code", "id": f"c{number}", "metadata": {"tags": tags or []}, "execution_count": None, "outputs": [],
              "source": source} for number, source in enumerate(sources)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


class NotebookTest(RowTest):
    def read(self, answer):
        """The written notebook, checked by nbformat where it is there and by its own rules anyway."""
        path = answer.data["notebook_link"]
        self.assertTrue(path, answer)
        document = json.loads(pathlib.Path(path).read_text())
        self.assertEqual((document["nbformat"], document["nbformat_minor"]), (4, 5))
        ids = [cell["id"] for cell in document["cells"]]
        self.assertEqual(len(ids), len(set(ids)))
        if JUPYTER:
            done = subprocess.run([JUPYTER, "-c", VALIDATE, path], capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout, "valid\n", done.stderr)
        return document

    def outputs(self, document, cell):
        return document["cells"][cell]["outputs"]

    def test_row_012_cells_run_in_order_in_one_state(self):
        """exec-notebook: an .ipynb file on disk is executed by path, with packages and a timeout (300 s in its example); all cells run in order."""
        self.write({"a.ipynb": notebook("import math\nx = 6", "print('to stdout')\nx * 7", "class T:\n    def _repr_html_(self): return '<b>t</b>'\nT()",
                                        "async def f(): return 5\nawait f()", "%matplotlib inline\n!echo shell $((1+1))")})
        for answer in self.ask("execute_code", path="a.ipynb", timeout=300, safe_mode=False):
            self.assertTrue(answer.data["success"], answer)
            document = self.read(answer)
            self.assertEqual([cell["execution_count"] for cell in document["cells"]], [1, 2, 3, 4, 5])
            second = self.outputs(document, 1)
            self.assertEqual((second[0]["name"], second[0]["text"]), ("stdout", "to stdout\n"))
            self.assertEqual((second[1]["output_type"], second[1]["data"]["text/plain"]), ("execute_result", "42"))
            self.assertEqual(self.outputs(document, 2)[0]["data"]["text/html"], "<b>t</b>")
            self.assertEqual(self.outputs(document, 3)[0]["data"]["text/plain"], "5")
            self.assertEqual(self.outputs(document, 4)[0]["text"], "shell 2\n")
            self.assertIn("to stdout\n", answer.data["stdout"])
            self.assertEqual(len(answer.data["steps"]), 5)

    def test_row_012_144_an_error_stops_it_and_the_notebook_is_written(self):
        """notebook: written also for attempts that failed or wait for approval."""
        self.write({"a.ipynb": notebook("print('before')", "d = {}\nd['missing']", "print('after')")})
        for answer in self.ask("execute_code", path="a.ipynb"):
            self.assertFalse(answer.data["success"], answer)
            self.assertEqual(answer.data["error"]["kind"], "code_error")
            document = self.read(answer)
            error = self.outputs(document, 1)[-1]
            self.assertEqual((error["output_type"], error["ename"], error["evalue"]), ("error", "KeyError", "'missing'"))
            self.assertTrue(any("d['missing']" in line for line in error["traceback"]), error)
            self.assertEqual(self.outputs(document, 2), [])

    def test_row_012_errors_can_be_allowed(self):
        """exec-notebook: an .ipynb file on disk is executed by path, with packages and a timeout (300 s in its example); all cells run in order."""
        self.write({"tagged.ipynb": notebook("1 / 0", tags=["raises-exception"]), "two.ipynb": notebook("1 / 0", "print('after')")})
        for answer in self.ask("execute_code", path="tagged.ipynb"):
            self.assertTrue(answer.data["success"], answer)
        for answer in self.ask("execute_code", path="two.ipynb", env_vars={"RUNHARNESS_ALLOW_ERRORS": "1"}):
            self.assertEqual(self.outputs(self.read(answer), 1)[0]["text"], "after\n", answer)

    def test_row_012_144_memory_is_named_at_once(self):
        """notebook: written also for attempts that failed or wait for approval."""
        self.write({"a.ipynb": notebook("print('before')", "x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1")})
        for answer in self.ask("execute_code", path="a.ipynb", memory_limit="128m", timeout=60):
            self.assertFalse(answer.data["success"], answer)
            document = self.read(answer)
            self.assertEqual(self.outputs(document, 0)[0]["text"], "before\n")
            self.assertIn(self.outputs(document, 1)[-1]["ename"], ("memory_limit", "MemoryError"), answer)

    def test_row_012_what_is_no_notebook_is_refused(self):
        """exec-notebook: an .ipynb file on disk is executed by path, with packages and a timeout (300 s in its example); all cells run in order."""
        self.write({"a.ipynb": "{}", "r.ipynb": notebook("x", language_info={"name": "R"})})
        for answer in self.ask("execute_code", path="a.ipynb"):
            self.assertTrue(answer.is_error, answer)
        for answer in self.ask("execute_code", path="r.ipynb"):
            self.assertIn("language is r", answer.data["error"]["message"], answer)

    def test_row_142_143_an_execution_writes_a_notebook(self):
        """notebook: each execution can write an .ipynb for review with code, output, figures and result."""
        code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nresult = {'a': [1, 2]}\n"
        for answer in self.ask("execute_code", language="python", code=code, notebook=True):
            document = self.read(answer)
            cell = document["cells"][1]
            self.assertEqual(cell["source"], code)
            kinds = [(output["output_type"], output.get("name")) for output in cell["outputs"]]
            self.assertEqual(kinds, [("stream", "stdout"), ("stream", "stderr"), ("execute_result", None)], answer)
            self.assertEqual(cell["outputs"][2]["data"]["application/json"], {"a": [1, 2]})
            names = [stage["name"] for stage in answer.data["stages"]]
            self.assertLess(names.index("execute"), names.index("notebook"))
            self.assertLess(names.index("notebook"), names.index("result"))

    def test_row_142_figures_are_in_the_notebook(self):
        """notebook: each execution can write an .ipynb for review with code, output, figures and result."""
        png = "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
        code = f"open('plot.png', 'wb').write(bytes.fromhex('{png}'))\n"
        for answer in self.ask("execute_code", language="python", code=code, notebook=True, safe_mode=False):
            shown = [output for output in self.outputs(self.read(answer), 1) if output["output_type"] == "display_data"]
            self.assertTrue(shown and shown[0]["data"]["image/png"].startswith("iVBORw0KGgo"), answer)

    def test_row_144_blocked_code_has_a_notebook_too(self):
        """notebook: written also for attempts that failed or wait for approval."""
        for answer in self.ask("execute_code", language="python", code="import os\nos.system('true')\n", notebook=True):
            self.assertEqual(answer.data["error"]["kind"], "security_violation", answer)
            error = self.outputs(self.read(answer), 1)[-1]
            self.assertEqual(error["ename"], "security_violation")

    def test_row_144_145_waiting_code_has_a_notebook_with_the_kernel_of_its_mode(self):
        """notebook: the kernel name follows the execution mode (read-only / write)."""
        self.configure('[approval]\nglobal_mode = "all_code"\n\n[execution.modes.write_access]\nkernel_name = "python3-write"\n'
                       'allows_writes = true\nrequires_approval = true\n')
        for answer in self.ask("execute_code", language="python", code="print(1)", notebook=True, access_mode="write_access"):
            self.assertEqual(answer.data["status"], "waiting", answer)
            document = self.read(answer)
            self.assertEqual(document["metadata"]["kernelspec"]["name"], "python3-write", answer)
            self.assertEqual(self.outputs(document, 1), [])

    def test_row_176_an_absent_library_ends_in_the_codes_own_branch(self):
        """exec: unused optional library (matplotlib absent) ends in the code's own except branch, not in a tool failure."""
        code = "try:\n    import matplotlib_is_absent_here as plt\nexcept ImportError:\n    print('no plot')\n"
        for answer in self.ask("execute_code", language="python", code=code):
            self.assertEqual((answer.data["stdout"], answer.data["success"]), ("no plot\n", True), answer)

    def test_row_143_jupyter_executes_what_was_written(self):
        """notebook: a link or path to it is returned and can be opened (valid nbformat)."""
        need_chosen(*REFEREE)
        answer = self.ask("execute_code", ways=("command line",), language="python", code="print(6 * 7)", notebook=True)[0]
        run = ("import nbformat, sys; from nbclient import NotebookClient; nb = nbformat.read(sys.argv[1], 4); "
               "NotebookClient(nb, kernel_name='python3').execute(); print(nb.cells[1].outputs[0].text, end='')")
        done = subprocess.run([JUPYTER, "-c", run, answer.data["notebook_link"]], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "42\n", done.stderr)

    def test_row_012_a_kernel_runs_it_where_jupyter_is_installed(self):
        """exec-notebook: an .ipynb file on disk is executed by path, with packages and a timeout (300 s in its example); all cells run in order."""
        need_chosen(*REFEREE)
        self.write({"a.ipynb": notebook("x = 6", "x * 7", "1 / 0", "print('after')")})
        answer = self.ask("execute_code", ways=("command line",), path="a.ipynb", runtime=JUPYTER, timeout=120,
                          env_vars={"RUNHARNESS_NOTEBOOK": "jupyter"}, memory_limit="1g")[0]
        document = self.read(answer)
        self.assertEqual(self.outputs(document, 1)[0]["data"]["text/plain"], "42", answer)
        self.assertEqual(self.outputs(document, 2)[0]["ename"], "ZeroDivisionError")
        self.assertEqual(self.outputs(document, 3), [])

    def test_row_012_144_a_kernel_that_dies_is_named_at_once(self):
        """notebook: written also for attempts that failed or wait for approval."""
        need_chosen(*REFEREE)
        self.write({"a.ipynb": notebook("print('before')", "import os\nos._exit(3)", "print('after')"),
                    "b.ipynb": notebook("x = bytearray(900 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1")})
        for path, kind, word in (("a.ipynb", "code_error", "the kernel died"), ("b.ipynb", "memory_limit", "memory")):
            answer = self.ask("execute_code", ways=("command line",), path=path, runtime=JUPYTER, timeout=200, security="permissive",
                              env_vars={"RUNHARNESS_NOTEBOOK": "jupyter"}, memory_limit="400m")[0]
            self.assertEqual(answer.error_kind, kind, answer)
            self.assertIn(word, answer.data["error"]["message"], answer)
            self.assertLess(answer.data["execution_time"], 100, answer)
            outputs = [output for cell in self.read(answer)["cells"] for output in cell.get("outputs", [])]
            self.assertEqual(outputs[-1]["ename"], kind, answer)


if __name__ == "__main__":
    unittest.main()
