# Runs the program like `python3 FILE`, without the start-up cost of site-packages until something is imported from there.
# argv: what to do afterwards (source text), the program as ./NAME, its arguments. Started with -S -s, as -c or compiled; no import costs a millisecond here.
import sys
import posix


def run():
    sys.path[0] = posix.getcwd()
    after, path = sys.argv[1], sys.path[0] + sys.argv[2][1:]
    sys.argv[:] = [path] + sys.argv[3:]
    builtins = sys.modules["builtins"]

    class Quitter:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return "Use %s() or Ctrl-D (i.e. EOF) to exit" % self.name

        def __call__(self, code=None):
            raise SystemExit(code)

    builtins.exit, builtins.quit = Quitter("exit"), Quitter("quit")

    class Site:
        """The last finder: what is not in the standard library may be in site-packages."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if path is not None or Site not in sys.meta_path:
                return None
            sys.meta_path.remove(Site)
            import site

            site.main()
            for finder in sys.meta_path:
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
            return None

        @staticmethod
        def invalidate_caches():
            pass

    class Figures:
        """The first finder: figures that are shown are kept as files."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "matplotlib.pyplot" and Figures in sys.meta_path:
                sys.meta_path.remove(Figures)
                return tools()["watch_pyplot"](name, path)
            return None

        @staticmethod
        def invalidate_caches():
            pass

    def tools():
        names = {"__name__": "runharness"}
        exec(compile(after, "<runharness>", "exec"), names)
        return names

    sys.meta_path.insert(0, Figures)
    sys.meta_path.append(Site)
    main = type(sys)("__main__")
    names = main.__dict__
    names.update(__file__=path, __builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    if b"RUNHARNESS_CONTEXT" in posix.environ:
        import json

        with open(posix.environ[b"RUNHARNESS_CONTEXT"]) as file:
            names["context"] = json.load(file)
    code = None
    try:
        with open(path, "rb") as file:
            text = file.read()
        exec(compile(text, path, "exec"), names)
    except SystemExit:
        raise
    except BaseException as problem:
        code = 1
        problem.__traceback__ = problem.__traceback__.tb_next
        sys.excepthook(type(problem), problem, problem.__traceback__)
    finally:
        if "matplotlib.pyplot" in sys.modules or "result" in names:
            tools()["finish"](names)
    if code is not None:
        sys.exit(code)


run()
