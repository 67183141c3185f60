# Runs the cells of a notebook in one state, as a kernel would, and tells the outputs of each cell as it ends: one JSON line
# for its begin and one for its end, so that what was done is known even when the process is killed. What a notebook asks of
# IPython is there as far as it makes sense outside of Jupyter; the rest is refused by name.
# Names: CELLS (texts, ids, whether a cell may fail), ALLOW_ERRORS, OUTPUTS (the file), KERNEL are set above this text.
import ast
import base64
import builtins
import importlib.machinery
import importlib.util
import inspect
import io
import json
import linecache
import os
import subprocess
import sys
import time
import traceback
import types

MAX_STREAM = 1 << 20
MAX_DATA = 8 << 20
COLOURS = {"red": "\x1b[0;31m", "off": "\x1b[0m"}


class Outputs:
    """Of the cell that runs."""

    def __init__(self):
        self.items, self.size, self.clear_next = [], 0, False

    def stream(self, name, text):
        if self.clear_next:
            self.items, self.clear_next = [], False
        if not text or self.size > MAX_STREAM:
            return
        self.size += len(text)
        if self.size > MAX_STREAM:
            text += "\n[more was printed]\n"
        if self.items and self.items[-1]["output_type"] == "stream" and self.items[-1]["name"] == name:
            self.items[-1]["text"] += text
        else:
            self.items.append({"output_type": "stream", "name": name, "text": text})

    def data(self, kind, data, metadata=None, count=None):
        if self.clear_next:
            self.items, self.clear_next = [], False
        item = {"output_type": kind, "data": data, "metadata": metadata or {}}
        if kind == "execute_result":
            item["execution_count"] = count
        self.items.append(item)


class Tee(io.TextIOBase):
    """What the code prints goes where it went, and into the cell."""

    def __init__(self, name, real):
        self.name_, self.real = name, real

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        self.real.write(text)
        state.outputs.stream(self.name_, text)
        return len(text)

    def flush(self):
        self.real.flush()

    def fileno(self):
        return self.real.fileno()

    def isatty(self):
        return False

    def writable(self):
        return True

    @property
    def encoding(self):
        return self.real.encoding

    @property
    def buffer(self):
        return self.real.buffer


class State:
    outputs, count = Outputs(), 0


state = State()
main = types.ModuleType("__main__")  # of the cells; the driver's own names are apart
names = main.__dict__
REPRS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("text/latex", "_repr_latex_"),
    ("image/svg+xml", "_repr_svg_"),
    ("application/json", "_repr_json_"),
    ("application/javascript", "_repr_javascript_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
)


def encoded(value):
    return base64.b64encode(value).decode("ascii") if isinstance(value, (bytes, bytearray)) else value


def rich(value):
    """The MIME bundle of a value, and its metadata."""
    data, metadata = {}, {}
    if not isinstance(value, type):
        method = getattr(value, "_repr_mimebundle_", None)
        if callable(method):
            try:
                bundle = method(include=None, exclude=None)
                if isinstance(bundle, tuple):
                    bundle, metadata = bundle
                data.update({key: encoded(one) for key, one in (bundle or {}).items()})
            except Exception:
                pass
        for mime, name in REPRS:
            method = None if mime in data else getattr(value, name, None)
            if not callable(method):
                continue
            try:
                one = method()
            except Exception:
                continue
            if isinstance(one, tuple):
                one, metadata[mime] = one[0], one[1]
            if one is not None:
                data[mime] = encoded(one)
        figure = sys.modules.get("matplotlib.figure")
        if figure is not None and isinstance(value, figure.Figure) and "image/png" not in data:
            data["image/png"] = encoded(png_of(value))
    if "text/plain" not in data:
        try:
            data["text/plain"] = repr(value)
        except Exception as problem:
            data["text/plain"] = "<%s: repr failed: %s>" % (type(value).__name__, problem)
    for mime in [mime for mime, one in data.items() if isinstance(one, str) and len(one) > MAX_DATA]:
        data[mime] = "[%d characters left out]" % len(data[mime]) if mime.startswith("text/") else ""
        if not data[mime]:
            del data[mime]
    return data, metadata


def display(*values, raw=False, metadata=None, **_):
    for value in values:
        data, more = (dict(value), {}) if raw else rich(value)
        state.outputs.data("display_data", data, {**more, **(metadata or {})})


def png_of(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return buffer.getvalue()


def show_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not hasattr(pyplot, "get_fignums"):
        return
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        data = png_of(figure)
        state.outputs.data("display_data", {"image/png": encoded(data), "text/plain": repr(figure)})
        name = "figure_%d.png" % (State.figures + 1)
        State.figures += 1
        try:
            with open(name, "wb") as file:
                file.write(data)
        except OSError:
            pass
    pyplot.close("all")


State.figures = 0


class Pyplot:
    """matplotlib.pyplot whose show() puts the figures into the cell."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "matplotlib.pyplot":
            return None
        os.environ["MPLBACKEND"] = "Agg"
        sys.meta_path[:] = [one for one in sys.meta_path if one is not Pyplot and getattr(one, "__name__", "") != "Figures"]
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            module.show = lambda *_, **__: show_figures()

        spec.loader.exec_module = exec_module
        return spec


class Shown:
    """IPython.display's objects: data of one type."""

    def __init__(self, data=None, url=None, filename=None, **_):
        if filename is not None:
            with open(filename, "rb") as file:
                data = file.read()
        self.data = data


def shown(name, mime):
    def bundle(self, include=None, exclude=None):
        data = self.data
        if isinstance(data, (bytes, bytearray)) and not mime.startswith("image/"):
            data = data.decode("utf-8", "replace")
        if mime.startswith("image/png") and isinstance(data, str) and os.path.exists(data):
            with open(data, "rb") as file:
                data = file.read()
        return {mime: encoded(data), "text/plain": "<%s object>" % name}

    return type(name, (Shown,), {"_repr_mimebundle_": bundle})


class Shell:
    """What get_ipython() gives here."""

    def __init__(self, names):
        self.user_ns = names

    def run_line_magic(self, name, line):
        return line_magic(name, line)

    def run_cell_magic(self, name, line, cell):
        return cell_magic(name, line, cell)

    magic = lambda self, text: line_magic(*(text.lstrip("%").split(" ", 1) + [""])[:2])

    def system(self, command):
        shell(command)

    def getoutput(self, command):
        return shell(command, keep=True)


class UsageError(Exception):
    pass


def shell(command, keep=False, program="bash"):
    """!command: its output goes into the cell."""
    words = command.split()
    if words[:2] in (["pip", "install"], ["pip3", "install"], ["conda", "install"]) or words[1:4] == ["-m", "pip", "install"]:
        raise UsageError("packages are installed before the run: name them in `packages` instead of `!%s`" % command.strip())
    done = subprocess.run([program, "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace")
    names["_exit_code"] = done.returncode
    if keep:
        return done.stdout.splitlines()
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return None


QUIET = ("matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision", "pylab", "xmode", "colors")


def line_magic(name, line):
    line = line.strip()
    if name in QUIET:
        return None
    if name in ("pip", "conda", "mamba"):
        raise UsageError("packages are installed before the run: name them in `packages` instead of %%%s" % name)
    if name in ("sx", "system"):
        return shell(line, keep=True)
    if name == "cd":
        os.chdir(os.path.expanduser(line or "~"))
        return print(os.getcwd())
    if name == "pwd":
        return os.getcwd()
    if name in ("env", "set_env"):
        key, _, value = line.replace("=", " ", 1).partition(" ")
        if value:
            os.environ[key] = value.strip()
            return print("env: %s=%s" % (key, value.strip()))
        return os.environ.get(key) if key else dict(os.environ)
    if name in ("time", "timeit"):
        begin = time.perf_counter()
        value = run_source(line.split(" ", 2)[-1] if line.startswith("-") else line, "<%" + name + ">")
        print("Wall time: %.3g s" % (time.perf_counter() - begin))
        return value
    if name == "run":
        with open(line) as file:
            return run_source(file.read(), line)
    if name == "who":
        return print(" ".join(sorted(key for key in names if not key.startswith("_"))))
    raise UsageError("Line magic function `%%%s` is not available outside of Jupyter" % name)


def cell_magic(name, line, cell):
    if name in ("bash", "sh", "script"):
        program = line.split()[0] if name == "script" and line.split() else name if name != "script" else "bash"
        shell(cell, program=program)
        if names.get("_exit_code"):
            raise subprocess.CalledProcessError(names["_exit_code"], program)
        return None
    if name in ("time", "timeit"):
        begin = time.perf_counter()
        value = run_source(cell, "<%%" + name + ">")
        print("Wall time: %.3g s" % (time.perf_counter() - begin))
        return value
    if name == "capture":
        kept, state.outputs = state.outputs, Outputs()
        try:
            run_source(cell, "<%%capture>")
        finally:
            caught, state.outputs = state.outputs, kept
        if line.strip() and not line.startswith("-"):
            text = {"stdout": "", "stderr": ""}
            for item in caught.items:
                if item["output_type"] == "stream":
                    text[item["name"]] += item["text"]
            names[line.split()[0]] = types.SimpleNamespace(**text, outputs=caught.items)
        return None
    if name in ("writefile", "file"):
        words = line.split()
        with open(words[-1], "a" if "-a" in words else "w") as file:
            file.write(cell)
        return print("Writing " + words[-1])
    if name in ("html", "HTML", "markdown", "latex", "javascript", "js", "svg"):
        mime = {"html": "text/html", "HTML": "text/html", "markdown": "text/markdown", "latex": "text/latex",
                "svg": "image/svg+xml"}.get(name, "application/javascript")
        return display({mime: cell, "text/plain": "<%s>" % name}, raw=True)
    raise UsageError("Cell magic `%%%%%s` is not available outside of Jupyter" % name)


def without_magics(source):
    """Lines of IPython as calls. Only asked for what Python cannot parse, so that texts keep their lines."""
    text = source.lstrip("\n")
    if text.startswith("%%"):
        head, _, rest = text.partition("\n")
        name, _, line = head[2:].partition(" ")
        return "get_ipython().run_cell_magic(%r, %r, %r)" % (name, line, rest)
    lines = []
    for line in source.split("\n"):
        bare = line.lstrip()
        indent = line[: len(line) - len(bare)]
        name, equals, right = bare.partition("=")
        call = right.strip()
        if bare.startswith("%"):
            magic, _, rest = bare[1:].partition(" ")
            line = "%sget_ipython().run_line_magic(%r, %r)" % (indent, magic, rest)
        elif bare.startswith("!"):
            line = "%sget_ipython().system(%r)" % (indent, bare[1:])
        elif equals and call[:1] == "!" and name.strip().isidentifier():
            line = "%s%s = get_ipython().getoutput(%r)" % (indent, name.strip(), call[1:])
        elif equals and call[:1] == "%" and name.strip().isidentifier():
            magic, _, rest = call[1:].partition(" ")
            line = "%s%s = get_ipython().run_line_magic(%r, %r)" % (indent, name.strip(), magic, rest)
        elif bare.endswith("?") or bare.startswith("?"):
            line = "%shelp(%s)" % (indent, bare.strip("?"))
        lines.append(line)
    return "\n".join(lines)


def awaited(code):
    value = eval(code, names)
    if inspect.iscoroutine(value) and code.co_flags & inspect.CO_COROUTINE:
        import asyncio

        if getattr(State, "loop", None) is None:
            State.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(State.loop)
        return State.loop.run_until_complete(value)
    return value


def run_source(source, name):
    """Runs the statements; the value of a last expression that does not end with ';'."""
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree = compile(source, name, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError:
        changed = without_magics(source)
        if changed == source:
            raise
        tree = compile(changed, name, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)
    if tree.body:
        awaited(compile(tree, name, "exec", flags, dont_inherit=True))
    return awaited(compile(last, name, "eval", flags, dont_inherit=True)) if last is not None else None


def error_output(problem):
    name = type(problem).__name__
    trace = problem.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(("<notebook driver", "<runharness")):
        trace = trace.tb_next
    if trace is not None and __file__:
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
    lines = traceback.format_exception(type(problem), problem, trace)
    sys.stderr.real.write("".join(lines))
    coloured = [line.rstrip("\n") for line in lines]
    if coloured:
        coloured[-1] = COLOURS["red"] + coloured[-1] + COLOURS["off"]
    return {"output_type": "error", "ename": name, "evalue": str(problem), "traceback": coloured}


def run_cell(cell):
    state.outputs = Outputs()
    state.count += 1
    failed = None
    try:
        value = run_source(cell["source"], "<cell %d>" % state.count)
        show_figures()
        if value is not None:
            names["_"] = value
            data, metadata = rich(value)
            state.outputs.data("execute_result", data, metadata, state.count)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as problem:
        show_figures()
        failed = error_output(problem)
        state.outputs.items.append(failed)
    sys.stdout.flush()
    sys.stderr.flush()
    return failed


def tell(file, record):
    file.write(json.dumps(record, default=repr) + "\n")
    file.flush()


def prepare():
    names["__builtins__"] = builtins
    sys.modules["__main__"] = main
    module = types.ModuleType("IPython.display")
    module.display = module.display_pretty = display
    module.clear_output = lambda wait=False: setattr(state.outputs, "clear_next", True) if wait else state.outputs.items.clear()
    for name, mime in (("HTML", "text/html"), ("Markdown", "text/markdown"), ("Latex", "text/latex"), ("Math", "text/latex"),
                       ("SVG", "image/svg+xml"), ("Image", "image/png"), ("JSON", "application/json"),
                       ("Javascript", "application/javascript"), ("Pretty", "text/plain")):
        setattr(module, name, shown(name, mime))
    sys.modules["IPython.display"] = module
    if importlib.util.find_spec("IPython") is None:
        package = types.ModuleType("IPython")
        package.display, package.get_ipython, package.__path__ = module, lambda: names["get_ipython"](), []
        sys.modules["IPython"] = package
    shell_object = Shell(names)
    names.update(display=display, get_ipython=lambda: shell_object)
    builtins.display, builtins.get_ipython = display, names["get_ipython"]
    if "matplotlib.pyplot" not in sys.modules:
        sys.meta_path.insert(0, Pyplot)
    sys.stdout, sys.stderr = Tee("stdout", sys.stdout), Tee("stderr", sys.stderr)


def run_cells():
    prepare()
    stopped = False
    with open(OUTPUTS, "w", encoding="utf-8") as file:
        for cell in CELLS:
            tell(file, {"begin": cell["index"]})
            begin = time.time()
            failed = run_cell(cell)
            tell(file, {"end": cell["index"], "execution_count": state.count, "outputs": state.outputs.items,
                        "failed": failed is not None, "seconds": time.time() - begin})
            if failed and not (ALLOW_ERRORS or cell["may_fail"]):
                stopped = True
                break
    if "result" in names:
        globals()["result"] = names["result"]
    if stopped:
        sys.exit(1)
