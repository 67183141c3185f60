"""Running code: languages, parameters, results, limits and isolation."""

import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from harness import RowTest

FREE = {"security": "permissive"}


class Languages(RowTest):
    def run_code(self, language, code, **more):
        return self.ask("execute_code", language=language, code=code, **FREE, **more)

    def test_row_001_python_prints(self):
        """`language=python` runs inline code and returns what it printed."""
        for answer in self.run_code("python", "print(6 * 7)"):
            self.assertEqual(answer.data["stdout"], "42\n", answer)
            self.assertTrue(answer.data["success"], answer)

    def test_row_002_javascript(self):
        """`language=javascript` runs inline code with node."""
        for answer in self.run_code("javascript", "console.log([1, 2, 3].map((x) => x * 2).join(','))"):
            self.assertEqual(answer.data["stdout"], "2,4,6\n", answer)
            self.assertEqual(answer.data["runtime"]["name"], "node", answer)

    def test_row_003_node_is_javascript(self):
        """`language=node` is an alias of javascript."""
        for answer in self.run_code("node", "console.log(typeof process.version)"):
            self.assertEqual((answer.data["stdout"], answer.data["language"]), ("string\n", "javascript"), answer)

    def test_row_004_bash(self):
        """A leading blank line and a hashbang line of a script are harmless."""
        for answer in self.run_code("bash", "\n#!/bin/bash\necho one\necho two >&2\n"):
            self.assertEqual((answer.data["stdout"], answer.data["stderr"]), ("one\n", "two\n"), answer)

    def test_row_005_go(self):
        """Go code runs; a module is initialised by itself."""
        code = 'package main\nimport "fmt"\nfunc main() { fmt.Println("go", 6*7) }\n'
        for answer in self.run_code("go", code, timeout=300, cpu_time=300):
            self.assertEqual(answer.data["stdout"], "go 42\n", answer)

    def test_row_006_rust(self):
        """Rust code is compiled and run."""
        for answer in self.run_code("rust", 'fn main() { println!("rust {}", 6 * 7); }', timeout=300):
            self.assertEqual(answer.data["stdout"], "rust 42\n", answer)

    def test_row_007_java(self):
        """The main class of Java code is compiled and run."""
        code = 'class Other {}\npublic class Answer { public static void main(String[] a) { System.out.println("java " + 42); } }'
        for answer in self.run_code("java", code, timeout=300):
            self.assertEqual(answer.data["stdout"], "java 42\n", answer)

    def test_row_008_language_is_required(self):
        """`language` is required; an unknown one is refused with the list."""
        for answer in self.ask("execute_code", code="1", **FREE):
            self.assertIn("language", answer.data["error"]["message"], answer)
        for answer in self.run_code("cobol", "1"):
            self.assertEqual(answer.error_kind, "unsupported_language", answer)
            for name in ("python", "javascript", "node", "bash", "go", "rust", "java"):
                self.assertIn(name, answer.data["error"]["message"], answer)

    def test_row_009_code_is_required(self):
        """`code` is required; for bash the same text is accepted as `script`."""
        for answer in self.ask("execute_code", language="python", **FREE):
            self.assertEqual(answer.error_kind, "invalid_request", answer)
        for answer in self.ask("execute_code", language="bash", script="echo hi", **FREE):
            self.assertEqual(answer.data["stdout"], "hi\n", answer)

    def test_row_010_runtime_is_reported(self):
        """Interpreter and version that were found are reported."""
        for answer in self.run_code("python", "import sys; print(sys.version.split()[0])"):
            runtime = answer.data["runtime"]
            self.assertEqual(runtime["version"], answer.data["stdout"].strip(), answer)
            self.assertTrue(pathlib.Path(runtime["path"]).is_file(), answer)

    def test_row_013_failing_assertion(self):
        """A failing assert gives a non-zero exit code and its text in stderr."""
        for answer in self.run_code("python", "rows = [1, -2]\nassert all(r > 0 for r in rows), 'negative row'"):
            self.assertEqual(answer.data["exit_code"], 1, answer)
            self.assertIn("AssertionError: negative row", answer.data["stderr"], answer)

    def test_row_014_json_between_steps(self):
        """JSON printed by one step goes byte for byte into a file of the next."""
        first = 'import json\nprint(json.dumps({"names": ["Zoë", "O\\u0027Neil"], "n": 3}, ensure_ascii=False))'
        for answer in self.run_code("python", first):
            stdout = answer.data["stdout"]
            second = "import json\nprint(json.load(open('in.json'))['names'])"
            for other in self.run_code("python", second, files={"in.json": stdout}):
                self.assertEqual(other.data["stdout"], "['Zoë', \"O'Neil\"]\n", other)

    def test_row_015_computations(self):
        """Code that computes returns the exact printed value."""
        code = (
            "import math, statistics\nprint(math.factorial(10))\na, b, out = 0, 1, []\n"
            "for _ in range(10):\n    out.append(a)\n    a, b = b, a + b\nprint(out)\nprint(round(1000 * 1.05 ** 10, 2))\n"
            "print(sum(range(1, 101)))\nd = [2, 4, 4, 4, 5, 5, 7, 9]\nprint(statistics.mean(d), statistics.median(d), statistics.pstdev(d))"
        )
        for answer in self.run_code("python", code):
            self.assertEqual(
                answer.data["stdout"], "3628800\n[0, 1, 1, 2, 3, 5, 8, 13, 21, 34]\n1628.89\n5050\n5 4.5 2.0\n", answer
            )

    def test_row_016_inline_csv(self):
        """CSV passed in `files` can be averaged and counted."""
        code = "import csv\nrows = list(csv.DictReader(open('d.csv')))\nprint(len(rows), sum(float(r['v']) for r in rows) / len(rows))"
        for answer in self.run_code("python", code, files={"d.csv": "k,v\na,1\nb,2\nc,6\n"}):
            self.assertEqual(answer.data["stdout"], "3 3.0\n", answer)

    def test_row_017_listing_is_safe(self):
        """Reading and listing a directory works in safe mode."""
        code = "import os\nn = [f for _, _, fs in os.walk('.') for f in fs if f.endswith('.txt')]\nprint(len(n))"
        for answer in self.ask("execute_code", language="python", code=code, files={"a/b.txt": "1", "c.txt": "2"}):
            self.assertEqual(answer.data["stdout"], "2\n", answer)
            self.assertEqual(answer.data["security_mode"], "safe", answer)

    def test_row_011_script_by_path(self):
        """A script is run by path; its language comes from the suffix."""
        self.write({"job.py": "import sys\nprint('job', sys.argv[1])\n"})
        for answer in self.ask("execute_code", path="job.py", arguments=["x"], timeout=120, **FREE):
            self.assertEqual(answer.data["stdout"], "job x\n", answer)


class Parameters(RowTest):
    def run_python(self, code, **more):
        return self.ask("execute_code", language="python", code=code, **{**FREE, **more})

    def test_row_019_files_are_written(self):
        """`files` are written into the working folder before the run."""
        for answer in self.run_python("print(open('conf/a.json').read())", files={"conf/a.json": '{"a": 1}'}):
            self.assertEqual(answer.data["stdout"], '{"a": 1}\n', answer)
        for name in ("/etc/x", "../x", "a/../../x"):
            for answer in self.run_python("print(1)", files={name: "x"}):
                self.assertEqual(answer.error_kind, "invalid_request", answer)

    def test_row_020_large_files_draw_a_warning(self):
        """A file over 1 MB draws a warning."""
        for answer in self.ask("execute_code", ways=("mcp",), language="python", code="print(len(open('big').read()))",
                               files={"big": "x" * 1500000}, **FREE):
            self.assertEqual(answer.data["stdout"], "1500000\n", answer)
            self.assertIn("large-file", [one["code"] for one in answer.data["diagnostics"]], answer)
        request = {"language": "python", "code": "print(1)", "files": {"big": "x" * 1500000}, "enable": True}
        self.write({"request.json": json.dumps(request)})
        data = json.loads(self.run_line("exec", "--json", "--request", "request.json").stdout)
        self.assertIn("large-file", [one["code"] for one in data["diagnostics"]], data)

    def test_row_021_022_timeout_is_reported(self):
        """The timeout that was used is reported; a request overrides the default for one call."""
        for answer in self.run_python("print(1)"):
            self.assertEqual(answer.data["limits"]["timeout"] > 29, True, answer)
        for answer in self.run_python("print(1)", timeout=60):
            self.assertAlmostEqual(answer.data["limits"]["timeout"], 60, delta=1, msg=answer)

    def test_row_023_024_061_memory(self):
        """Sizes such as 256m and 512MB are read; what goes over the limit ends as memory, not as a mere code."""
        for size in ("256m", "512MB", "1g"):
            for answer in self.run_python("print(1)", memory_limit=size):
                self.assertEqual(answer.data["limits"]["memory"], {"256m": 268435456, "512MB": 536870912, "1g": 1073741824}[size], answer)
        for answer in self.run_python("x = bytearray(400 << 20)\nx[::4096] = b'1' * len(x[::4096])\nprint('no')", memory_limit="128m"):
            self.assertEqual(answer.error_kind, "memory_limit", answer)
            self.assertEqual(answer.data["error"]["category"], "limit", answer)

    def test_row_025_environment(self):
        """Variables are set; what is not listed is not inherited except a base set with HOME."""
        code = "import os\nprint(os.environ['API_KEY2'], 'HOME' in os.environ, 'RUNHARNESS_TEST_PRIVATE' in os.environ)"
        for answer in self.run_python(code, env_vars={"API_KEY2": "k"}):
            self.assertEqual(answer.data["stdout"], "k True False\n", answer)

    def test_row_027_working_directory(self):
        """The working folder is /workspace inside, or what was asked for."""
        for answer in self.ask("execute_code", language="bash", code="pwd", **FREE):
            self.assertEqual(answer.data["stdout"], "/workspace\n", answer)
        for answer in self.ask("execute_code", language="bash", code="pwd", working_dir="/app", **FREE):
            self.assertEqual(answer.data["stdout"], "/app\n", answer)

    def test_row_028_034_artifacts(self):
        """Files that the run made come back as artifacts, in a folder of the name that was asked for."""
        code = "import os\nos.mkdir('output')\nopen('output/test.txt', 'w').write('t')\nopen('output.csv', 'w').write('a,b')\nos.symlink('/etc/passwd', 'link')"
        for answer in self.run_python(code, execution_folder_name="mine"):
            self.assertEqual(sorted(answer.data["files"]), ["output.csv", "output/test.txt"], answer)
            for artifact in answer.data["artifacts"]:
                path = pathlib.Path(artifact["path"])
                self.assertIn("mine", path.parts, answer)
                self.assertEqual(path.stat().st_size, artifact["bytes"], answer)

    def test_row_029_output_is_cut(self):
        """Output is limited to 10 000 characters by default and the cut is marked."""
        for answer in self.run_python("print('x' * 50000)"):
            self.assertLess(len(answer.data["stdout"]), 10200, answer)
            self.assertIn("bytes left out", answer.data["stdout"])
            self.assertTrue(answer.data["stdout_truncated"], answer)
        for answer in self.run_python("print('x' * 50000)", max_output="100000"):
            self.assertEqual(len(answer.data["stdout"]), 50001)

    def test_row_030_cpu_time(self):
        """CPU time has a limit of its own."""
        for answer in self.run_python("while True: pass", cpu_time=1, timeout=30):
            self.assertEqual(answer.error_kind, "cpu_limit", answer)

    def test_row_031_safe_mode(self):
        """safe_mode can be switched off for one call."""
        code = "open('o.txt', 'w').write('1')\nprint('written')"
        for answer in self.ask("execute_code", language="python", code=code):
            self.assertEqual(answer.error_kind, "security_violation", answer)
        for answer in self.ask("execute_code", language="python", code=code, safe_mode=False):
            self.assertEqual(answer.data["stdout"], "written\n", answer)

    def test_row_032_cpu_share(self):
        """A share of cores can be set."""
        for answer in self.run_python("print(1)", cpus=0.5):
            self.assertEqual(answer.data["limits"]["cpus"], 0.5, answer)

    def test_row_033_068_file_system(self):
        """Nothing can be written outside of the working folder, and the host's data is not there."""
        code = (
            "import os\nfor path in ('/etc/x', '/usr/x', '/x'):\n    try:\n        open(path, 'w')\n        print('written', path)\n"
            "    except OSError as e:\n        print(type(e).__name__)\nopen('/workspace/y', 'w')\n"
            f"print(os.path.exists({str(harness.REPOSITORY)!r}), os.path.exists('/home'), os.path.exists('/srv'))"
        )
        for answer in self.run_python(code):
            self.assertNotIn("written", answer.data["stdout"], answer)
            self.assertIn("False False False", answer.data["stdout"], answer)

    def test_row_035_context(self):
        """Data of the caller is there as a variable and as a file."""
        code = "import json, os\nprint(context['n'] + json.load(open(os.environ['RUNHARNESS_CONTEXT']))['n'])"
        for answer in self.run_python(code, context={"n": 21}):
            self.assertEqual(answer.data["stdout"], "42\n", answer)
        for answer in self.ask("execute_code", language="javascript", code="console.log(context.n * 2)", context={"n": 21}, **FREE):
            self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_036_037_038_words(self):
        """Free texts, thread and time of a request are kept with its record."""
        for answer in self.run_python("print(1)", user_query="q", task_objective="o", expected_results="e", max_execution_time=45):
            request = answer.data["request"]
            self.assertEqual((request["user_query"], request["task_objective"], request["expected_results"]), ("q", "o", "e"), answer)
            self.assertAlmostEqual(answer.data["limits"]["timeout"], 45, delta=1)

    def test_row_173_long_timeouts(self):
        """Long timeouts are accepted as they are."""
        for answer in self.run_python("print(1)", timeout=600):
            self.assertAlmostEqual(answer.data["limits"]["timeout"], 600, delta=1, msg=answer)


class Results(RowTest):
    def run_python(self, code, **more):
        return self.ask("execute_code", language="python", code=code, **{**FREE, **more})

    def test_row_048_049_050_051_053_181_names(self):
        """The record has the names that callers look for, measured and typed."""
        for answer in self.run_python("print('hi')", instruction="say hi"):
            data = answer.data
            self.assertEqual((data["stdout"], data["stderr"], data["exit_code"], data["language"]), ("hi\n", "", 0, "python"))
            self.assertGreater(data["execution_time"], 0)
            self.assertGreaterEqual(data["duration_seconds"], data["execution_time"])
            self.assertEqual((data["success"], data["output"], data["error"], data["status"]), (True, "hi\n", None, "completed"))
            self.assertGreater(data["metrics"]["execution_time"], 0)
            self.assertGreater(data["metrics"]["memory_used"], 1 << 20)
            self.assertGreaterEqual(data["metrics"]["cpu_percent"], 0)
            self.assertEqual((data["code"], data["instruction"]), ("print('hi')", "say hi"))
            self.assertRegex(data["execution_id"], r"^\d{8}_\d{6}_\d{6}$")
            self.assertRegex(data["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
            for name in ("results", "figure_paths", "notebook_link", "assessment", "steps"):
                self.assertIn(name, data)

    def test_row_054_result_value(self):
        """The variable `result`, or the file that RUNHARNESS_RESULT names, is the structured result."""
        for answer in self.run_python("result = {'a': [1, 2.5], 'b': None}"):
            self.assertEqual(answer.data["results"], {"a": [1, 2.5], "b": None}, answer)
        for answer in self.ask("execute_code", language="javascript", code="const result = {x: [1, 2]};", **FREE):
            self.assertEqual(answer.data["results"], {"x": [1, 2]}, answer)
        for answer in self.ask("execute_code", language="bash", code="echo '[1]' > $RUNHARNESS_RESULT", **FREE):
            self.assertEqual(answer.data["results"], [1], answer)

    def test_row_056_expected_number(self):
        """An output that is not the number that was asked for is an error that still carries it."""
        for answer in self.run_python("print(3.14)", expected_type="number"):
            self.assertTrue(answer.data["success"], answer)
        for answer in self.run_python("print('about 3')", expected_type="number"):
            self.assertEqual(answer.error_kind, "invalid_number_output", answer)
            self.assertEqual(answer.data["stdout"], "about 3\n", answer)

    def test_row_057_058_059_060_exit_codes(self):
        """0 success, 1 error of the code, 2 set-up error, 124 timeout."""
        for code, more, wanted in (
            ("print(1)", {}, 0),
            ("raise SystemExit(7)", {}, 1),
            ("print(1)", {"runtime": "9.9"}, 2),
            ("import time\ntime.sleep(60)", {"timeout": 1}, 124),
        ):
            for answer in self.run_python(code, **more):
                if answer.code is not None:
                    self.assertEqual(answer.code, wanted, answer)
                self.assertEqual(answer.data["success"], wanted == 0, answer)

    def test_row_061_062_185_kinds(self):
        """Errors have stable kinds with a category, and say whether asking again can help."""
        for answer in self.run_python("raise ValueError('on purpose')"):
            self.assertEqual((answer.error_kind, answer.data["error"]["category"]), ("code_error", "code"), answer)
            self.assertIn("on purpose", answer.data["error"]["message"], answer)
            self.assertEqual(answer.data["error"]["retry"], {"same_request": False, "changed_request": True}, answer)
        for answer in self.run_python("import time\ntime.sleep(60)", timeout=1):
            self.assertEqual((answer.error_kind, answer.data["status"]), ("timeout", "timeout"), answer)

    def test_row_066_streams_are_apart(self):
        """stdout and stderr are complete and separate."""
        code = "import sys\nfor i in range(300):\n    print(i)\n    print(i, file=sys.stderr)"
        wanted = "".join(f"{i}\n" for i in range(300))
        for answer in self.run_python(code):
            self.assertEqual((answer.data["stdout"], answer.data["stderr"]), (wanted, wanted))

    def test_row_067_sanitised(self):
        """Control characters and secrets do not pass through raw."""
        code = "import os\nprint('\\x1b[31mred\\x1b[0m\\x07')\nprint(os.environ['SERVICE_TOKEN'])"
        for answer in self.run_python(code, env_vars={"SERVICE_TOKEN": "tok-4711-verysecret"}):
            self.assertNotIn("\x1b", answer.data["stdout"], answer)
            self.assertNotIn("verysecret", json.dumps(answer.data), answer)

    def test_row_180_memory_of_a_run(self):
        """A caller can warn on memory from the result alone."""
        for answer in self.run_python("x = bytearray(100 << 20)\nx[::4096] = b'1' * len(x[::4096])"):
            self.assertGreater(answer.data["metrics"]["memory_mb"], 90, answer)

    def test_row_183_stages(self):
        """Each stage is in the record, in order, with its time."""
        for answer in self.run_python("print(1)"):
            names = [stage["name"] for stage in answer.data["stages"]]
            order = ["generate", "analyse", "approve", "prepare", "execute", "notebook", "result"]
            self.assertEqual(names, [name for name in order if name in names], answer)
            for name in ("analyse", "approve", "prepare", "execute", "result"):
                self.assertIn(name, names, answer)
            self.assertTrue(all(stage["seconds"] >= 0 for stage in answer.data["stages"]))


class Isolation(RowTest):
    def run_python(self, code, **more):
        return self.ask("execute_code", language="python", code=code, **{**FREE, **more})

    def test_row_069_network_is_off(self):
        """The network is off by default, and its state is reported."""
        code = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 1)\n    print('open')\nexcept OSError:\n    print('closed')"
        for answer in self.run_python(code):
            self.assertEqual(answer.data["stdout"], "closed\n", answer)
            self.assertEqual(answer.data["isolation"]["network"], "none", answer)

    def test_row_070_071_methods_have_one_shape(self):
        """local and container can be asked for, and the result has the same shape."""
        shapes = set()
        for method in ("local", "container"):
            for answer in self.run_python("print(1)", execution_method=method):
                self.assertEqual(answer.data["execution_method"], method, answer)
                shapes.add(tuple(sorted(answer.data)))
        self.assertEqual(len(shapes), 1)

    def test_row_072_automatic(self):
        """Isolation that is asked for, and a long time, choose the isolated method."""
        for more, wanted in (({}, "local"), ({"requires_isolation": True}, "container"), ({"timeout": 400}, "container")):
            for answer in self.run_python("print(1)", execution_method="automatic", **more):
                self.assertEqual(answer.data["execution_method"], wanted, answer)

    def test_row_075_subprocess(self):
        """A separate process with complete capture is the default."""
        for answer in self.run_python("import os\nprint(os.getpid() > 0)"):
            self.assertEqual(answer.data["execution_mode"], "subprocess", answer)

    def test_row_172_runtime_choice(self):
        """An interpreter can be chosen by path, and is reported."""
        for answer in self.run_python("import sys\nprint(sys.executable)", runtime="/usr/bin/python3"):
            self.assertEqual(answer.data["runtime"]["path"], "/usr/bin/python3", answer)
            self.assertIn("/usr/bin/python3", answer.data["stdout"], answer)

    def test_row_175_nothing_is_left(self):
        """Temporary files of a run are removed after it."""
        before = set(pathlib.Path("/tmp").glob("runharness-exec-*"))
        for answer in self.run_python("open('/tmp/left', 'w').write('x')\nopen('here', 'w').write('x')"):
            self.assertTrue(answer.data["success"], answer)
        self.assertFalse(pathlib.Path("/tmp/left").exists())
        left = set(pathlib.Path("/tmp").glob("runharness-exec-*")) - before
        deadline = time.monotonic() + 10
        while any(one.exists() for one in left) and time.monotonic() < deadline:  # of others that run now
            left = {one for one in left if one.exists()}
        self.assertFalse(left)

    def test_row_160_161_162_164_typed_tools(self):
        """The tools of one language take code or script, packages and timeout."""
        for tool, arguments, wanted in (
            ("execution_execute_code", {"language": "python", "code": "print(1)"}, "1\n"),
            ("execute_python", {"code": "print(1)", "timeout": 30}, "1\n"),
            ("execution_run_python", {"code": "print(1)", "timeout": 30}, "1\n"),
            ("execute_javascript", {"code": "console.log(1)"}, "1\n"),
            ("execute_bash", {"script": "echo 1"}, "1\n"),
            ("execution_run_bash", {"script": "echo 1", "timeout": 30}, "1\n"),
        ):
            for answer in self.ask(tool, **arguments, **FREE):
                self.assertEqual(answer.data["stdout"], wanted, answer)


if __name__ == "__main__":
    unittest.main()
