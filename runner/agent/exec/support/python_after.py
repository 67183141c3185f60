# What is kept of a Python program beside its output: the variable `result` as JSON in the file that RUNHARNESS_RESULT names,
# and figures of matplotlib as files of the working folder. Compiled only by a run that has either.
import json
import os
import sys

_saved = []


def plain(value):
    """What json does not know: numbers and tables of numpy and pandas, sets, dates, objects by their text."""
    for name in ("to_dict", "tolist", "item", "isoformat"):
        method = getattr(value, name, None)
        if callable(method):
            try:
                return method()
            except Exception:
                pass
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return repr(value)


def keyed(value, depth=0):
    """Keys of objects are texts, and not-a-number is null: anything else is no JSON."""
    if depth > 100:
        return repr(value)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): keyed(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [keyed(one, depth + 1) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return keyed(plain(value), depth + 1)


def save_figures():
    """Every open figure that was not saved before; their names."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    names = []
    for number in pyplot.get_fignums() if pyplot else ():
        count = len(_saved) + 1
        while os.path.exists("figure_%d.png" % count):
            count += 1
        name = "figure_%d.png" % count
        try:
            pyplot.figure(number).savefig(name)
        except Exception as problem:
            print("runharness: figure %d is not saved: %s" % (number, problem), file=sys.stderr)
            continue
        _saved.append(name)
        names.append(name)
    return names


def watch_pyplot(name, path):
    """The spec of matplotlib.pyplot whose show() keeps the figures."""
    import importlib.util

    os.environ.setdefault("MPLBACKEND", "Agg")
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return spec
    load = spec.loader.exec_module

    def exec_module(module):
        load(module)

        def show(*_, **__):
            save_figures()
            module.close("all")

        module.show = show
        import builtins

        builtins._runharness_save_figures = save_figures

    spec.loader.exec_module = exec_module
    return spec


def finish(names):
    import builtins

    getattr(builtins, "_runharness_save_figures", save_figures)()
    target = os.environ.get("RUNHARNESS_RESULT")
    if "result" not in names or not target or os.path.exists(target):
        return
    try:
        text = json.dumps(keyed(names["result"]), allow_nan=False)
    except Exception as problem:
        print("runharness: the variable result is no JSON: %s" % problem, file=sys.stderr)
        return
    with open(target, "w") as file:
        file.write(text)
