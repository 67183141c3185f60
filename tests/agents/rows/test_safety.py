"""Off until enabled, blocked in production, and what speaks against running code."""

import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import RUNHARNESS, RowTest

# In a user namespace of one's own the switch that forbids further ones is one's own, too.
WITHOUT_NAMESPACES = ("unshare", "--user", "--map-root-user", "sh", "-c",
                      'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"', "sh")


class SafetyTest(RowTest):
    def run_code(self, **more):
        return self.ask("execute_code", language="python", code="print(6 * 7)", **more)

    def test_row_101_063_off_by_default(self):
        """execution is off by default for agents; `enable: true` is needed, else error `not_enabled`."""
        self.enable = False
        for answer in self.run_code():
            self.assertEqual(answer.error_kind, "not_enabled", answer)
            self.assertNotIn("42", answer.data.get("stdout") or "")
        for answer in self.run_code(enable=True):
            self.assertEqual(answer.data["stdout"], "42\n", answer)
        self.environment["RUNHARNESS_CALLER_MAY"] = "allow_prod"
        for answer in self.run_code(enable=True):
            if answer.way == "mcp":  # the owner of the server has said what callers decide
                self.assertEqual(answer.error_kind, "not_enabled", answer)
            else:
                self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_102_a_key_of_the_configuration_enables(self):
        """execution can be enabled only when a config key says so (code_execution_enabled)."""
        self.enable = False
        for key in ("enabled", "code_execution_enabled", "enable"):
            self.configure(f"[execution]\n{key} = true\n")
            for answer in self.run_code():
                self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_102_the_projects_file_does_not_enable(self):
        """execution can be enabled only when a config key says so (code_execution_enabled)."""
        self.enable = False
        self.write({"runharness.toml": "[execution]\nenabled = true\n"})
        for answer in self.run_code():
            self.assertEqual(answer.error_kind, "not_enabled", answer)
            self.assertIn("runharness.toml:2", answer.data["error"]["message"])
        trusted = self.run_line("exec", "--trust-project-config", "--language", "python", "--code", "print(6 * 7)")
        self.assertEqual((trusted.returncode, trusted.stdout), (0, "42\n"), trusted)

    def test_row_103_concerns_in_words(self):
        """`safety_check` verb: returns safe or a list of concerns in words (e.g. running in a production environment)."""
        self.environment["APP_ENV"] = "production"
        for answer in self.ask("safety_check", security="permissive", network="host"):
            found = {one["id"]: one["message"] for one in answer.data["concerns"]}
            self.assertLessEqual({"production", "permissive", "network"}, set(found), answer)
            self.assertIn("APP_ENV=production", found["production"])
            self.assertFalse(answer.data["safe"])
        del self.environment["APP_ENV"]
        for answer in self.ask("safety_check"):
            self.assertNotIn("production", [one["id"] for one in answer.data["concerns"]], answer)

    def test_row_104_063_production_blocks(self):
        """production environment (env variable) blocks execution unless `allow_prod` is given."""
        for name, value in (("APP_ENV", "production"), ("NODE_ENV", "Production"), ("RAILS_ENV", "production"),
                            ("MIX_ENV", "prod"), ("ENVIRONMENT", "prod")):
            self.environment[name] = value
            answer, = self.ask("execute_code", ways=("command line",), language="python", code="print(6 * 7)")
            self.assertEqual(answer.error_kind, "production_execution_blocked", answer)
            self.assertIn(f"{name}={value}", answer.data["error"]["message"])
            del self.environment[name]
        self.environment["APP_ENV"] = "production"
        for answer in self.run_code():
            self.assertEqual(answer.error_kind, "production_execution_blocked", answer)
        for answer in self.run_code(allow_prod=True):
            if answer.way == "mcp":
                self.assertEqual(answer.error_kind, "production_execution_blocked", answer)
            else:
                self.assertEqual(answer.data["stdout"], "42\n", answer)
        self.environment["RUNHARNESS_CALLER_MAY"] = "allow_prod"
        for answer in self.run_code(allow_prod=True):
            self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_104_other_environments_do_not_block(self):
        """production environment (env variable) blocks execution unless `allow_prod` is given."""
        self.environment.update(APP_ENV="development", NODE_ENV="test", ENVIRONMENT="staging")
        for answer in self.run_code():
            self.assertEqual(answer.data["stdout"], "42\n", answer)

    def test_row_186_options_are_merged(self):
        """opt-in call accepts base options (temperature), provider name, `enable`, `timeout` and returns merged options."""
        self.enable = False
        self.environment["RUNHARNESS_CALLER_MAY"] = "enable"
        for answer in self.ask("execution_options", options={"temperature": 0.1, "own": "kept"}, provider="openai",
                               enable=True, timeout=45):
            options = answer.data["options"]
            self.assertEqual((options["temperature"], options["provider"], options["enable"], options["timeout"],
                              options["own"]), (0.1, "openai", True, 45, "kept"), answer)
        for answer in self.ask("execution_options", options={"temperature": 0.1}):
            self.assertEqual(answer.error_kind, "not_enabled", answer)
        for answer in self.ask("execution_options", options={"temperature": 0.9}, enable=True):
            self.assertTrue(answer.data["warnings"], answer)

    def test_row_191_untrusted_use_without_isolation(self):
        """public-facing or untrusted use without isolation is refused or warned about by the safety check."""
        for audience in ({"public_facing": True}, {"untrusted": True}):
            for answer in self.ask("safety_check", execution_mode="exec", **audience):
                concern = next(one for one in answer.data["concerns"] if one["id"] == "weak_isolation")
                self.assertTrue(concern["blocks"], answer)
        for answer in self.ask("safety_check", untrusted=True, security="permissive"):
            self.assertIn("unchecked_code", [one["id"] for one in answer.data["concerns"]], answer)

    def test_row_103_secrets_that_are_given_away(self):
        """`safety_check` verb: returns safe or a list of concerns in words (e.g. running in a production environment)."""
        for answer in self.ask("safety_check", env_vars={"DEPLOY_TOKEN": "abc", "LANG": "C"}):
            concern = next(one for one in answer.data["concerns"] if one["id"] == "secrets_given")
            self.assertIn("DEPLOY_TOKEN", concern["message"])
            self.assertNotIn("LANG", concern["message"])

    def without_sandbox(self, *words):
        tried = subprocess.run([*WITHOUT_NAMESPACES, "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"no user namespace to try it in: {tried.stderr.strip()}")
        return subprocess.run([*WITHOUT_NAMESPACES, RUNHARNESS, *words], cwd=self.project, env=self.environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)

    def test_row_052_077_shown_where_there_is_no_sandbox(self):
        """Where no sandbox is possible, code is shown instead of run, flagged, and nothing is executed."""
        made = self.folder / "made"
        for language, code in (("bash", f"echo ran > {made}"), ("python", f"open('{made}', 'w')"),
                               ("javascript", f"require('fs').writeFileSync('{made}', 'ran')")):
            words = ("exec", "--enable", "--security=permissive", f"--language={language}", f"--code={code}")
            done = self.without_sandbox(*words, "--json")
            record = json.loads(done.stdout)
            self.assertEqual((record["status"], record["success"], record["metadata"]["fallback"], record["exit_code"]),
                             ("shown", False, True, None), record)
            self.assertEqual((record["error"]["kind"], record["code"], record["stdout"]), ("isolation_unavailable", code, ""))
            self.assertEqual(done.returncode, 2)
            self.assertNotIn("execute", [stage["name"] for stage in record["stages"]])
            self.assertIn(code, self.without_sandbox(*words).stderr, "the code is shown")
            self.assertFalse(made.exists(), "it was run")
        for answer in self.run_code():
            self.assertEqual((answer.data["status"], answer.data["metadata"]["fallback"]), ("completed", False), answer)

    def test_row_077_sessions_too(self):
        """Where no sandbox is possible, neither a session nor an installer of packages is started."""
        for more in (("--session=s1",), ("--package=six",)):
            done = self.without_sandbox("exec", "--enable", "--json", "--language=python", "--code=print(42)", *more)
            record = json.loads(done.stdout)
            self.assertEqual((record["status"], record["stdout"]), ("shown", ""), record)


if __name__ == "__main__":
    unittest.main()
