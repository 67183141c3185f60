"""Code written by a model: one that is played by tests/agents/fake_model.py."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from fake_model import FakeModel, cut, document, raw, reply, slow
from harness import RowTest

KEY = "sk-test-0123456789abcdef0123456789"


def fenced(code, tag="python"):
    return f"Here it is:\n```{tag}\n{code}\n```\n"


class GenerateTest(RowTest):
    def serve(self, *answers, settings=""):
        model = FakeModel(list(answers))
        self.addCleanup(model.close)
        self.environment["FAKE_KEY"] = KEY
        self.configure(f'[generation]\nprovider = "fake"\n{settings}\n[[generation.providers]]\nname = "fake"\n'
                       f'url = "{model.url}"\nmodel = "fake-1"\nkey_variable = "FAKE_KEY"\n')
        return model

    def test_row_113_code_is_generated_and_not_run(self):
        """generate: code from a natural-language instruction through a configurable endpoint; `generate_code` alone does not run."""
        self.enable = False  # what is not run needs no leave
        model = self.serve(reply(fenced("open('/tmp/never', 'w').write('x')\nprint(6 * 7)")))
        for answer in self.ask("generate_code", instruction="print six times seven"):
            self.assertTrue(answer.data["success"], answer)
            self.assertIn("print(6 * 7)", answer.data["code"], answer)
            self.assertFalse(answer.data["executed"], answer)
        self.assertEqual(model.requests[0]["path"], "/v1/chat/completions")
        self.assertIn("print six times seven", model.requests[0]["body"]["messages"][-1]["content"])

    def test_row_114_183_generated_and_run(self):
        """generate+run in one verb: `run(instruction, context, timeout, save_execution)`."""
        model = self.serve(reply(fenced("print(context['n'] * 2)")))
        for answer in self.ask("generate_and_run", instruction="double n", context={"n": 21}, timeout=20,
                               save_execution=True):
            self.assertEqual(answer.data["stdout"], "42\n", answer)
            self.assertIn("print(context['n'] * 2)", answer.data["generated_code"])
            self.assertEqual(answer.data["stages"][0]["name"], "generate", answer)
        self.assertIn('"n":21', model.requests[0]["body"]["messages"][-1]["content"].replace(" ", ""))

    def test_row_114_108_what_is_approved_is_what_was_shown(self):
        """generate+run in one verb: `run(instruction, context, timeout, save_execution)`."""
        model = self.serve(reply(fenced("print('shown')")), reply(fenced("print('another')")))
        self.configure((self.folder / "config/runharness/agent.toml").read_text() + '[approval]\nglobal_mode = "all_code"\n')
        asked = []

        def person(request):
            asked.append(request["params"]["message"])
            return {"action": "accept", "content": {"approve": True}}
        client = self.client(capabilities={"elicitation": {}}, on_request=person)
        answer = client.call("generate_and_run", {"instruction": "x"})
        client.close()
        self.assertEqual((answer.data["stdout"], len(asked), len(model.requests)), ("shown\n", 1, 1), answer)
        self.assertIn("print('shown')", asked[0])

    def test_row_115_196_running_asks_no_model(self):
        """`execute_code(code, timeout)` alone does not call the model."""
        model = self.serve(reply(fenced("print(1)")))
        for answer in self.ask("execute_code", language="python", code="print(5)", timeout=20):
            self.assertEqual(answer.data["stdout"], "5\n", answer)
        self.assertEqual(model.requests, [])

    def test_row_116_provider_model_and_temperature_belong_to_the_call(self):
        """provider, model, api key, temperature are parameters of the call, not of the execution config; temperature default 0.2."""
        model = self.serve(reply(fenced("print(1)")))
        self.ask("generate_code", instruction="x")
        self.assertEqual(model.requests[0]["body"]["temperature"], 0.2)
        self.assertEqual(model.requests[0]["headers"]["Authorization"], f"Bearer {KEY}")
        before = len(model.requests)
        for answer in self.ask("generate_code", instruction="x", provider="fake", model="other", temperature=0.1):
            self.assertEqual(answer.data["temperature"], 0.1, answer)
        for request in model.requests[before:]:
            self.assertEqual((request["body"]["model"], request["body"]["temperature"]), ("other", 0.1))

    def test_row_117_providers_by_name_and_url(self):
        """several providers (gemini, openai, groq, openrouter, …) selectable by name; api key from environment if not given; changeable at run time."""
        model = self.serve(reply(fenced("print(1)")))
        listed = self.ask("execution_options", provider="nobody")[0].data["error"]["message"]
        for name in ("openai", "gemini", "groq", "openrouter", "mistral", "ollama", "fake"):
            self.assertIn(name, listed)
        self.environment["RUNHARNESS_API_KEY"] = "k-of-the-url"
        for answer in self.ask("generate_code", instruction="x", provider=model.url):
            self.assertTrue(answer.data["success"], answer)
        self.assertEqual(model.requests[-1]["headers"]["Authorization"], "Bearer k-of-the-url")

    def test_row_118_prompts_are_replaced_by_files(self):
        """prompts come from a template file with system and user parts that a user can replace."""
        folder = self.folder / "prompts"
        folder.mkdir()
        (folder / "generate.txt").write_text("[system]\nYou are brief in {language}.\n[user]\nTask: {instruction}!\n")
        model = self.serve(reply(fenced("print(1)")), settings=f'templates = "{folder}"')
        for answer in self.ask("generate_code", instruction="count"):
            self.assertEqual(answer.data["prompt"], str(folder / "generate.txt"), answer)
        self.assertEqual([one["content"] for one in model.requests[0]["body"]["messages"]],
                         ["You are brief in python.", "Task: count!"])

    def test_row_119_an_error_is_sent_back(self):
        """retry: on failure the error is sent back and a corrected version is run; `retry_on_error`, `max_retries` default 2."""
        bad, good = reply(fenced("print(undefined_name)")), reply(fenced("print('mended')"))
        model = self.serve(bad, good, bad, good)
        for answer in self.ask("generate_and_run", instruction="say mended"):
            self.assertEqual(answer.data["stdout"], "mended\n", answer)
            self.assertEqual([one["success"] for one in answer.data["attempts"]], [False, True])
        told = model.requests[1]["body"]["messages"][-1]["content"]
        self.assertIn("NameError", told)
        self.assertIn("print(undefined_name)", told)

    def test_row_119_at_most_two_corrections(self):
        """retry: on failure the error is sent back and a corrected version is run; `retry_on_error`, `max_retries` default 2."""
        model = self.serve(reply(fenced("raise SystemExit(3)")))
        for answer in self.ask("generate_and_run", instruction="x"):
            self.assertEqual(answer.error_kind, "code_error", answer)
            self.assertEqual(len(answer.data["attempts"]), 3)
        before = len(model.requests)
        self.assertEqual(before, 6)
        self.ask("generate_and_run", ways=("command line",), instruction="x", retry_on_error=False)
        self.assertEqual(len(model.requests), before + 1)

    def test_row_120_solved_or_not(self):
        """retry: iterative loop with at most N attempts (5), each attempt sees the previous output; ends with `not_solved`."""
        model = self.serve(reply(fenced("print('wrong')")))
        for answer in self.ask("solve", instruction="print right", expected_output="right"):
            self.assertEqual(answer.error_kind, "not_solved", answer)
            self.assertEqual(len(answer.data["attempts"]), 5)
            self.assertFalse(answer.data["solved"])
        self.assertIn("wrong", model.requests[1]["body"]["messages"][-1]["content"])

    def test_row_120_a_check_decides(self):
        """retry: iterative loop with at most N attempts (5), each attempt sees the previous output; ends with `not_solved`."""
        wrong, right = (reply(fenced(f"def double(n):\n    return n {sign} 2")) for sign in "+*")
        self.serve(wrong, right, wrong, right)
        for answer in self.ask("solve", instruction="double", check="assert double(5) == 10"):
            self.assertTrue(answer.data["solved"], answer)
            self.assertEqual(len(answer.data["attempts"]), 2)

    def test_row_121_063_outcomes_of_generated_tests(self):
        """generate tests for a described function, run them, report PASSED/FAILED as all_tests_passed / tests_failed / no_test_results."""
        for program, outcome, kind in (("print('PASSED: one')\nprint('PASSED: two')", "all_tests_passed", None),
                                       ("print('PASSED: one')\nprint('FAILED: two: 3 is not 4')", "tests_failed",
                                        "tests_failed"),
                                       ("print('all is well')", "no_test_results", "no_test_results")):
            self.serve(reply(fenced(program)))
            for answer in self.ask("generate_tests", instruction="a function that doubles"):
                self.assertEqual((answer.data["outcome"], answer.error_kind), (outcome, kind), answer)

    def test_row_123_free_text_is_routed(self):
        """chat-style free-text request is routed to the right verb (execute, test, profile, deps, batch)."""
        self.enable = False
        for text, verb in (("please run this:\n```python\nprint(1)\n```", "execute"),
                           ("run the tests in tests/unit", "test"),
                           ("where are the bottlenecks of script.py?", "profile"),
                           ("which dependencies does app.py need?", "deps"),
                           ("run these as a batch:\n```python\na = 1\n```\n```python\nprint(a)\n```", "batch"),
                           ("compute the first ten primes", "execute")):
            for answer in self.ask("route_request", request=text, only_route=True):
                self.assertEqual(answer.data["verb"], verb, answer)

    def test_row_123_what_is_routed_is_called(self):
        """chat-style free-text request is routed to the right verb (execute, test, profile, deps, batch)."""
        for answer in self.ask("route_request", request="run this:\n```python\nprint(6 * 7)\n```", enable=True):
            self.assertTrue(answer.data["called"], answer)
            self.assertEqual(answer.data["answer"]["stdout"], "42\n", answer)

    def test_row_124_a_score_picks_the_strategy(self):
        """adaptive strategy: a score in the context picks the mode (>0.8 advanced, >0.5 standard with preprocessing, else basic with cleaning)."""
        for score, name, preprocessing, cleaning in ((0.81, "advanced", False, False), (0.8, "standard", True, False),
                                                     (0.51, "standard", True, False), (0.5, "basic", False, True)):
            for answer in self.ask("choose_strategy", context={"score": score}):
                self.assertEqual((answer.data["strategy"], answer.data["preprocessing"], answer.data["cleaning"]),
                                 (name, preprocessing, cleaning))
        model = self.serve(reply(fenced("print(1)")))
        for answer in self.ask("generate_and_run", instruction="x", context={"score": 0.3}):
            self.assertEqual(answer.data["strategy"], "basic", answer)
        self.assertIn("clean it first", model.requests[0]["body"]["messages"][-1]["content"])

    def test_row_125_a_chart_is_a_named_file(self):
        """visualisation request: chart saved to a named file and returned in the list of files."""
        model = self.serve(reply(fenced("with open('sales.png', 'wb') as f:\n    f.write(b'\\x89PNG\\r\\n')\nprint('sales.png')")))
        for answer in self.ask("visualize", instruction="sales by month", file="sales.png", security="permissive"):
            self.assertIn("sales.png", [one["name"] for one in answer.data["files"]], answer)
        self.assertIn("sales.png", model.requests[0]["body"]["messages"][0]["content"])

    def test_row_125_a_chart_that_is_not_there_is_said(self):
        """visualisation request: chart saved to a named file and returned in the list of files."""
        self.serve(reply(fenced("print('no chart')")))
        for answer in self.ask("visualize", instruction="x"):
            self.assertEqual(answer.error_kind, "no_result", answer)

    def test_row_187_steps_of_the_providers_interpreter(self):
        """generation may use the provider's own code interpreter instead of local execution; input, output and files of its steps are extracted in the same shape."""
        call = {"type": "code_interpreter",
                "code_interpreter": {"input": "print(2)", "outputs": [{"type": "logs", "logs": "2\n"},
                                                                      {"type": "image", "image": {"file_id": "f-1"}}]}}
        self.serve(document(200, {"choices": [{"message": {"content": "Two.", "tool_calls": [call]},
                                               "finish_reason": "stop"}]}))
        for answer in self.ask("generate_and_run", instruction="x", interpreter="provider"):
            step, = answer.data["results"]
            self.assertEqual((step["input"], step["output"], step["files"]), ("print(2)", "2\n", ["f-1"]), answer)
            self.assertEqual(answer.data["stdout"], "2\n", answer)

    def test_row_188_a_high_temperature_draws_a_warning(self):
        """low temperature (0.1–0.2) is used for code; a high one (0.9) draws a warning."""
        self.serve(reply(fenced("print(1)")))
        for answer in self.ask("generate_code", instruction="x", temperature=0.9):
            self.assertIn("0.9", answer.data["warnings"][0], answer)
        for answer in self.ask("generate_code", instruction="x", temperature=0.2):
            self.assertEqual(answer.data["warnings"], [], answer)

    def test_row_189_no_code_is_said(self):
        """no result although code was asked for: outcome says so and hints to ask explicitly for execution."""
        self.serve(reply("The answer is forty-two."))
        for answer in self.ask("generate_and_run", instruction="what is six times seven?"):
            self.assertEqual(answer.error_kind, "no_result", answer)
            self.assertIn("ask explicitly", answer.data["error"]["message"])

    def test_row_190_unsupported_provider(self):
        """unsupported provider: refused with a list of supported ones."""
        for answer in self.ask("generate_code", instruction="x", provider="nobody"):
            self.assertEqual(answer.error_kind, "unsupported_provider", answer)
            self.assertIn("openai", answer.data["error"]["message"])

    def test_row_192_previous_error_is_given(self):
        """generate takes `previous_error` as a parameter of its own."""
        model = self.serve(reply(fenced("print(1)")))
        self.ask("generate_code", instruction="x", previous_error="ZeroDivisionError: division by zero")
        self.assertIn("ZeroDivisionError", model.requests[0]["body"]["messages"][-1]["content"])

    def test_row_195_failures_of_the_endpoint(self):
        """error of a failed generation (no key, endpoint down) is told apart from an error of the code."""
        html = raw(200, "text/html", "<html>login</html>")
        cases = [(document(401, {"error": {"message": "bad key"}}), "FAKE_KEY"),
                 (document(500, {"error": "broken"}), "500"),
                 (html, "text/html"),
                 (raw(200, "application/json", "{not json"), "no JSON"),
                 (raw(200, "text/event-stream", "data: {oops\n\n"), "no JSON"),
                 (raw(302, "text/plain", "", Location="http://127.0.0.1:1/"), "redirect"),
                 (cut("```python\nprint("), "cut"),
                 (reply("```python\nprint(1", finish="length"), "length limit"),
                 (reply("x" * (9 << 20), pieces=64), "larger than")]
        for answer_of_model, word in cases:
            with self.subTest(word=word):
                self.serve(answer_of_model)
                answer, = self.ask("generate_code", ways=("command line",), instruction="x")
                self.assertEqual(answer.error_kind, "generation_failed", answer)
                self.assertIn(word, answer.data["error"]["message"])
                self.assertNotIn(KEY, answer.text + answer.stderr)

    def test_row_195_196_no_endpoint_at_all(self):
        """error of a failed generation (no key, endpoint down) is told apart from an error of the code."""
        for name in [name for name in self.environment if name.endswith("_API_KEY")]:
            del self.environment[name]
        for answer in self.ask("generate_and_run", instruction="x"):
            self.assertEqual(answer.error_kind, "generation_failed", answer)
            self.assertIn("no model endpoint", answer.data["error"]["message"])
        for answer in self.ask("generate_code", instruction="x", provider="http://127.0.0.1:1/v1"):
            self.assertEqual(answer.error_kind, "generation_failed", answer)

    def test_row_195_a_busy_endpoint_is_asked_again(self):
        """error of a failed generation (no key, endpoint down) is told apart from an error of the code."""
        busy = document(429, {"error": {"message": "slow down"}}, Retry_After="1")
        model = self.serve(busy, reply(fenced("print(1)")), busy, reply(fenced("print(1)")))
        for answer in self.ask("generate_code", instruction="x"):
            self.assertEqual(answer.data["tries"], 2, answer)
        self.assertGreaterEqual(model.requests[1]["at"] - model.requests[0]["at"], 1)

    def test_row_195_a_slow_endpoint_is_left(self):
        """error of a failed generation (no key, endpoint down) is told apart from an error of the code."""
        self.serve(slow(60, reply(fenced("print(1)"))))
        for answer in self.ask("generate_code", instruction="x", generation_timeout=1):
            self.assertEqual(answer.error_kind, "generation_failed", answer)

    def test_row_195_the_helper_is_missing(self):
        """error of a failed generation (no key, endpoint down) is told apart from an error of the code."""
        self.serve(reply(fenced("print(1)")))
        self.environment["RUNHARNESS_HTTP"] = "/nonexistent/runharness-http"
        for answer in self.ask("generate_code", instruction="x"):
            self.assertEqual(answer.error_kind, "generation_failed", answer)
        for answer in self.ask("execute_code", language="python", code="print(5)"):
            self.assertEqual(answer.data["stdout"], "5\n", answer)

    def test_row_101_nothing_is_asked_where_nothing_may_run(self):
        """execution is off by default for agents; `enable: true` is needed, else error `not_enabled`."""
        self.enable = False
        model = self.serve(reply(fenced("print(1)")))
        for answer in self.ask("generate_and_run", instruction="x"):
            self.assertEqual(answer.error_kind, "not_enabled", answer)
        self.assertEqual(model.requests, [])

    def test_row_113_the_right_block_is_taken(self):
        """generate: code from a natural-language instruction through a configurable endpoint; `generate_code` alone does not run."""
        several = "```bash\npip install x\n```\nthen\n```python\nprint('a')\nprint('b')\n```\nprints\n```\na b\n```"
        for text, code in ((several, "print('a')\nprint('b')\n"), ("~~~py\nprint(3)\n~~~", "print(3)\n"),
                           ("print(1 + 1)", "print(1 + 1)\n"), ("1. Do\n   ```python\n   if 1:\n       print(2)\n   ```",
                                                               "if 1:\n    print(2)\n")):
            self.serve(reply(text))
            answer, = self.ask("generate_code", ways=("command line",), instruction="x")
            self.assertEqual(answer.data["code"], code, answer)


if __name__ == "__main__":
    unittest.main()
