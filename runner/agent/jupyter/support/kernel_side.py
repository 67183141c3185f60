# What a run on a Jupyter server has in its kernel: a folder of its own with the request's files, variables, arguments, and
# afterwards the way back for what the code made, piece by piece. Lives in a module of its own, so that the code's names are
# the code's. python_after.py stands before this text and gives `finish`.
import base64
import hashlib
import os
import shutil
import tempfile

MIME = "application/vnd.runharness+json"
PIECE = 1 << 20
MAX_FILES, MAX_FILE, MAX_FILES_BYTES = 1000, 256 << 20, 1 << 30
folder = tempfile.mkdtemp(prefix="runharness-")
work, result_file = os.path.join(folder, "work"), os.path.join(folder, "result.json")
os.mkdir(work)
given = {}
space = {}


class Piece:
    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return "piece"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {MIME: self.value}


class Quitter:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "Use %s() to end the program" % self.name

    def __call__(self, code=None):
        raise SystemExit(code)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def put(name, text):
    path = os.path.join(work, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "ab") as file:
        file.write(base64.b64decode(text))


def begin(names, name, arguments, env, context):
    global space
    space = names
    for base, _, files in os.walk(work):
        for one in files:
            path = os.path.join(base, one)
            given[path] = digest(path)
    os.chdir(work)
    sys.path.insert(0, work)
    sys.argv[:] = [name] + arguments
    os.environ.update(env)
    os.environ["RUNHARNESS"], os.environ["RUNHARNESS_RESULT"] = "1", result_file
    if context is not None:
        path = os.path.join(folder, "context.json")
        with open(path, "w") as file:
            file.write(context)
        os.environ["RUNHARNESS_CONTEXT"] = path
        names["context"] = json.loads(context)
    names["exit"], names["quit"] = Quitter("exit"), Quitter("quit")
    show = type(get_shell()).showtraceback

    def quiet(self, *more, **named):
        if not isinstance(sys.exc_info()[1], SystemExit):
            show(self, *more, **named)

    type(get_shell()).showtraceback = quiet
    import warnings

    warnings.filterwarnings("ignore", message="To exit: use")


def get_shell():
    return sys.modules["IPython"].get_ipython()


def made():
    """New and changed files, in the order of their names."""
    found, total, left = [], 0, []
    for base, folders, files in os.walk(work):
        folders[:] = sorted(one for one in folders if one != "__pycache__" and not os.path.islink(os.path.join(base, one)))
        for one in sorted(files):
            path = os.path.join(base, one)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            size = os.path.getsize(path)
            if size <= MAX_FILE and given.get(path) == digest(path):
                continue
            total += size
            if size > MAX_FILE or len(found) >= MAX_FILES or total > MAX_FILES_BYTES:
                total -= size
                left.append(os.path.relpath(path, work))
                continue
            found.append(path)
    return found, left


def pieces():
    try:
        finish(space if "result" in space else {})
        if os.path.exists(result_file) and os.path.getsize(result_file) <= PIECE:
            with open(result_file, encoding="utf-8", errors="replace") as file:
                yield {"result": file.read(), "done": False}
        found, left = made()
        for path in found:
            with open(path, "rb") as file:
                while True:
                    part = file.read(PIECE)
                    if not part and file.tell():
                        break
                    yield {"name": os.path.relpath(path, work), "data": base64.b64encode(part).decode(), "done": False}
                    if not part:
                        break
        yield {"left_out": left[:100], "done": True}
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)


steps = None


def piece():
    global steps
    if steps is None:
        steps = pieces()
    return Piece(next(steps, {"done": True}))
