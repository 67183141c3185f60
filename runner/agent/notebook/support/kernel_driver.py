# Runs the cells of a notebook by the Jupyter kernel that is installed, over a socket in the file system, and tells the outputs of
# each cell as notebook_driver.py does. Names: CELLS, ALLOW_ERRORS, OUTPUTS and KERNEL are set above this text.
import json
import os
import sys
import tempfile
import threading
import time


class Watch:
    """Ends this process with the kernel's: nbclient notices late, or never, that it is dead."""

    def __init__(self, manager):
        self.over = False
        process = getattr(getattr(manager, "provisioner", None), "process", None)
        if getattr(process, "pid", None):
            threading.Thread(target=self.wait, args=(process.pid,), daemon=True).start()

    def wait(self, pid):
        try:
            end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            return
        if self.over:
            return
        how = "it ended itself with exit code" if end.si_code == os.CLD_EXITED else "it was ended by signal"
        sys.stdout.flush()
        sys.stderr.write("the kernel died: %s %d\n" % (how, end.si_status))
        sys.stderr.flush()
        os._exit(1)


def run_in_kernel():
    try:
        import nbformat
        from jupyter_client.manager import KernelManager
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, DeadKernelError
    except ImportError as problem:
        sys.exit("Jupyter is not installed for this interpreter (%s): name nbclient and ipykernel in `packages`, or leave "
                 "RUNHARNESS_NOTEBOOK at its default" % problem)
    runtime = tempfile.mkdtemp(prefix="jupyter-")
    os.environ["JUPYTER_RUNTIME_DIR"] = runtime
    os.environ.setdefault("IPYTHONDIR", runtime)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell["source"]) for cell in CELLS])
    manager = KernelManager(kernel_name=KERNEL, transport="ipc", ip=os.path.join(runtime, "k"))
    client = NotebookClient(notebook, km=manager, timeout=None, allow_errors=ALLOW_ERRORS, kernel_name=KERNEL)
    stopped = False
    try:
        with client.setup_kernel(), open(OUTPUTS, "w", encoding="utf-8") as file:
            watch = Watch(manager)
            for number, cell in enumerate(CELLS):
                file.write(json.dumps({"begin": cell["index"]}) + "\n")
                file.flush()
                begin, failed = time.time(), False
                target = notebook.cells[number]
                try:
                    client.execute_cell(target, number)
                except CellExecutionError:
                    failed = True
                failed = failed or any(output["output_type"] == "error" for output in target.outputs)
                for output in target.outputs:
                    if output["output_type"] == "stream":
                        (sys.stdout if output["name"] == "stdout" else sys.stderr).write(output["text"])
                    if output["output_type"] == "error":
                        sys.stderr.write("%s: %s\n" % (output["ename"], output["evalue"]))
                sys.stdout.flush()
                file.write(json.dumps({"end": cell["index"], "execution_count": target.execution_count,
                                       "outputs": target.outputs, "failed": failed, "seconds": time.time() - begin}) + "\n")
                file.flush()
                if failed and not (ALLOW_ERRORS or cell["may_fail"]):
                    stopped = True
                    break
            watch.over = True
    except NoSuchKernel:
        sys.exit("there is no Jupyter kernel named %r here" % KERNEL)
    except DeadKernelError as problem:
        sys.exit("the kernel died: %s" % problem)
    if stopped:
        sys.exit(1)
