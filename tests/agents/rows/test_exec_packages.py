"""Packages of runs. These tests install from the package registries; where those cannot be reached they are left out and say so."""

import pathlib
import shutil
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RowTest

FREE = {"security": "permissive", "timeout": 200}


def reachable(host):
    try:
        socket.create_connection((host, 443), 10).close()
        return True
    except OSError:
        return False


@unittest.skipUnless(reachable("pypi.org"), "the package registries cannot be reached: nothing can be installed")
class Packages(RowTest):
    def run_code(self, language, code, ways=("mcp",), **more):
        return self.ask("execute_code", ways=ways, language=language, code=code, **FREE, **more)

    def test_row_026_039_171_python(self):
        """A python package of a pinned version is installed by pip and importable; the code has no network."""
        code = "import six, socket\nprint(six.__version__)\ntry:\n    socket.create_connection(('pypi.org', 443), 2)\n    print('open')\nexcept OSError:\n    print('closed')"
        for answer in self.run_code("python", code, ways=("command line", "mcp"), packages=["six==1.16.0"]):
            self.assertEqual(answer.data["stdout"], "1.16.0\nclosed\n", answer)

    def test_row_040_javascript(self):
        """An npm package is installed and reachable by require and import."""
        for answer in self.run_code("javascript", "console.log(require('lodash').VERSION)", packages=["lodash@4.17.21"]):
            self.assertEqual(answer.data["stdout"], "4.17.21\n", answer)
        module = "import _ from 'lodash'\nconsole.log(_.VERSION)"
        for answer in self.run_code("javascript", module, packages=["lodash@4.17.21"]):
            self.assertEqual((answer.data["stdout"], answer.data["files"]), ("4.17.21\n", []), answer)

    def test_row_039_go(self):
        """A go module is installed by name, without a go.mod of the caller's."""
        code = 'package main\nimport (\n"fmt"\n"rsc.io/quote"\n)\nfunc main() { fmt.Println(quote.Go()) }'
        for answer in self.run_code("go", code, packages=["rsc.io/quote@v1.5.2"], cpu_time=300):
            self.assertIn("Don't communicate by sharing memory", answer.data["stdout"], answer)

    def test_row_039_rust(self):
        """A crate is installed by name, without a Cargo.toml of the caller's."""
        code = 'fn main() { println!("{}", itoa::Buffer::new().format(42)); }'
        for answer in self.run_code("rust", code, packages=["itoa@1"]):
            self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_039_java(self):
        """An artifact of maven is installed by name."""
        if not shutil.which("mvn"):
            self.skipTest("mvn is missing: packages of java come by it")
        code = ("import org.apache.commons.lang3.StringUtils;\n"
                'public class A { public static void main(String[] a) { System.out.println(StringUtils.reverse("abc")); } }')
        for answer in self.run_code("java", code, packages=["org.apache.commons:commons-lang3:3.14.0"]):
            self.assertEqual(answer.data["stdout"], "cba\n", answer)

    def test_row_041_nothing_is_left(self):
        """Packages are installed afresh: the next run does not have them."""
        for answer in self.run_code("python", "import six", packages=["six"]):
            self.assertTrue(answer.data["success"], answer)
        code = "import importlib.util\nprint(importlib.util.find_spec('rhtest_no_such') is None)"
        for answer in self.run_code("python", code):
            self.assertEqual(answer.data["stdout"], "True\n", answer)
        self.assertFalse((self.project / ".runharness/agent/packages").exists())

    def test_row_042_cache(self):
        """An opt-in cache keeps what was installed."""
        for _ in range(2):
            for answer in self.run_code("python", "import six\nprint(six.__name__)", packages=["six==1.16.0"], package_cache=True):
                self.assertEqual(answer.data["stdout"], "six\n", answer)
        self.assertEqual(len(list((self.project / ".runharness/agent/packages").iterdir())), 1)

    def test_row_043_requirements(self):
        """A requirements file is installed from."""
        self.write({"requirements.txt": "six==1.16.0\n"})
        for answer in self.run_code("python", "import six\nprint(six.__version__)", requirements="requirements.txt"):
            self.assertEqual(answer.data["stdout"], "1.16.0\n", answer)

    def test_row_044_failed_install(self):
        """A failed install ends with 2 and names the package; the code is not started."""
        for answer in self.run_code("python", "print('ran')", ways=("command line", "mcp"), packages=["rh-no-such-package-4711"]):
            self.assertEqual(answer.error_kind, "package_install_failed", answer)
            self.assertIn("rh-no-such-package-4711", answer.data["error"]["message"], answer)
            self.assertEqual(answer.data["stdout"], "", answer)
            if answer.code is not None:
                self.assertEqual(answer.code, 2, answer)


class Refusals(RowTest):
    def test_row_039_options_are_no_packages(self):
        """What looks like an option is no package."""
        for answer in self.ask("execute_code", language="python", code="print(1)", packages=["--index-url=http://127.0.0.1:1"]):
            self.assertEqual(answer.error_kind, "invalid_request", answer)


if __name__ == "__main__":
    unittest.main()
