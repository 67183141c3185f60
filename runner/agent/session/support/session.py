# Keeps the state of a Python session: runs cell after cell in one module, as a line "N" on the control socket (descriptor 0)
# asks, and answers "N STATUS". argv: folder of the cells, source of what is kept beside output (python_after.py).
import ast
import json
import linecache
import os
import signal
import sys

control = os.dup(0)
null = os.open("/dev/null", os.O_RDONLY)
os.dup2(null, 0)
os.close(null)
folder, after = sys.argv[1], sys.argv[2]
sys.argv[:] = [""]
sys.path[0] = os.getcwd()
main = type(sys)("__main__")
names = main.__dict__
names.update(__builtins__=sys.modules["builtins"], __annotations__={})
sys.modules["__main__"] = main
tools = {"__name__": "runharness"}
exec(compile(after, "<runharness>", "exec"), tools)
running, current = False, None


def interrupted(*_):
    if running:
        raise KeyboardInterrupt


signal.signal(signal.SIGINT, interrupted)


def lines():
    held = b""
    while True:
        while b"\n" not in held:
            try:
                more = os.read(control, 4096)
            except InterruptedError:
                continue
            if not more:
                return
            held += more
        line, held = held.split(b"\n", 1)
        yield line.decode()


def told(problem):
    """The traceback of the code itself: without this file's frames, above it and below."""
    trace = None if isinstance(problem, SyntaxError) and problem.filename == current else problem.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    last = trace
    while last is not None and last.tb_next is not None:
        if last.tb_next.tb_frame.f_code.co_filename == __file__:
            last.tb_next = None
            break
        last = last.tb_next
    problem.__traceback__ = trace
    sys.excepthook(type(problem), problem, trace)


def run(number):
    global running, current
    with open(os.path.join(folder, "cell_" + number), "rb") as file:
        text = file.read().decode("utf-8")
    with open(os.path.join(folder, "call_" + number)) as file:
        call = json.load(file)
    os.environ.update(call["env"])
    if "context" in call:
        names["context"] = call["context"]
    name = current = "<session %s>" % number
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    status = 0
    assigned = set()
    try:
        tree = ast.parse(text, name)
        last = None
        if call["echo"] and tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        code = compile(tree, name, "exec")
        assigned = set(code.co_names)
        running = True
        exec(code, names)
        if last is not None:
            sys.displayhook(eval(compile(last, name, "eval"), names))
    except SystemExit as problem:
        status = problem.code if isinstance(problem.code, int) else 0 if problem.code is None else 1
        if isinstance(problem.code, str):
            print(problem.code, file=sys.stderr)
    except BaseException as problem:
        status = 130 if isinstance(problem, KeyboardInterrupt) else 1
        running = False
        told(problem)
    running = False
    pyplot = sys.modules.get("matplotlib.pyplot")
    tools["finish"](names if "result" in assigned else {})
    if pyplot:
        pyplot.close("all")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    return status


for number in lines():
    try:
        status = run(number)
    except KeyboardInterrupt:
        status = 130
    os.write(control, ("%s %d\n" % (number, status & 255)).encode())
