"""The examples of docs/ci, executed: the shell steps of the workflow, the GitLab job and the Jenkinsfile in clones as these
systems make them and with the variables that they set, and the hooks by git itself. What only the services can do
(`uses:`, `artifacts:`, `junit`) is not run."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from git_repository import Repository, environment
from harness import REPOSITORY, RUNHARNESS, HarnessTest, require

try:
    import yaml
except ImportError:
    yaml = None

EXAMPLES = REPOSITORY / "docs/ci"

# A suite without any toolchain: says that one test passed, and that the lines before "# not reached" were reached.
PROJECT = {
    "runharness.toml": '[[suite]]\nid = "app"\ncommand = ["python3", "tools/check.py"]\nresults = "junit.xml"\ncoverage = "lcov.info"\n',
    "tools/check.py": """import pathlib
pathlib.Path("junit.xml").write_text('<testsuite name="app"><testcase classname="app" name="works" time="0.1"/></testsuite>')
lines = pathlib.Path("app.py").read_text().splitlines()
hits = [f"DA:{n},{0 if 'not reached' in line else 1}" for n, line in enumerate(lines, 1)]
pathlib.Path("lcov.info").write_text("\\n".join(["TN:", "SF:app.py", *hits, "end_of_record", ""]))
""",
    ".gitignore": "junit.xml\nlcov.info\nreports/\n.runharness/\n.runharness-bin/\n",
    "app.py": "a = 1\nb = 2\n",
}
COVERED = {"app.py": "a = 1\nb = 2\nc = 3\n"}
UNCOVERED = {"app.py": "a = 1\nb = 2\nc = 3  # not reached\n"}


@require("git", "curl", "bash")
class CiTest(HarnessTest):
    def setUp(self):
        super().setUp()
        self.origin = Repository(self.folder / "origin")
        self.origin.commit(PROJECT)
        self.home = self.folder / "home"
        self.home.mkdir()
        # A name without a file: the program itself is what RUNHARNESS_URL leads to.
        self.url = RUNHARNESS.as_uri()

    def change(self, files):
        """A branch topic with that change, while main goes on."""
        self.origin.git("checkout", "-q", "-b", "topic")
        self.origin.commit(files, "the change")
        self.origin.git("checkout", "-q", "main")
        self.origin.commit({"notes.txt": "main went on\n"})

    def job_environment(self, **extra):
        env = environment(CI="true", HOME=str(self.home), RUNHARNESS_URL=self.url, **extra)
        env.pop("GIT_CONFIG_GLOBAL")  # jobs may write it
        return env

    def run_step(self, shell, script, cwd, env):
        done = subprocess.run([*shell, "-c", script], cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=240, check=False)
        return done.returncode, done.stdout + done.stderr

    def assertReports(self, folder, *names):
        for name in names:
            self.assertTrue((folder / "reports" / name).stat().st_size > 0, name)

    def patch_of(self, folder):
        return json.loads((folder / "reports/report.json").read_text())["patch"]


@unittest.skipIf(yaml is None, "not installed: PyYAML")
class Github(CiTest):
    def steps(self):
        workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text())
        self.assertEqual(workflow["jobs"]["tests"]["steps"][0]["with"]["fetch-depth"], 0)
        return {step["name"]: step["run"] for step in workflow["jobs"]["tests"]["steps"] if "run" in step}

    def checkout(self, depth):
        """What actions/checkout does for a pull request: the merge of it, detached."""
        self.origin.git("checkout", "-q", "-b", "merged", "main")
        self.origin.git("merge", "-q", "--no-edit", "topic")
        merge = self.origin.git("rev-parse", "HEAD")
        self.origin.git("checkout", "-q", "main")
        clone = Repository(self.folder / "work")
        clone.git("remote", "add", "origin", f"file://{self.origin.root}")
        if depth == 0:
            clone.git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", f"+{merge}:refs/remotes/pull/7/merge")
        else:
            clone.git("fetch", "-q", "--no-tags", f"--depth={depth}", "origin", f"+{merge}:refs/remotes/pull/7/merge")
        clone.git("checkout", "-q", "--detach", "refs/remotes/pull/7/merge")
        return clone.root, merge

    def run_workflow(self, depth):
        root, merge = self.checkout(depth)
        summary, path = self.folder / "summary.md", self.folder / "path"
        path.touch()
        env = self.job_environment(GITHUB_ACTIONS="true", GITHUB_EVENT_NAME="pull_request", GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge,
                                   GITHUB_BASE_REF="main", GITHUB_HEAD_REF="topic", GITHUB_PATH=str(path), GITHUB_STEP_SUMMARY=str(summary))
        code, output = 0, ""
        for script in self.steps().values():
            if path.read_text().strip():
                env["PATH"] = path.read_text().strip() + ":" + env["PATH"]
            code, output = self.run_step(["bash", "-e", "-o", "pipefail"], script, root, env)
            if code != 0:
                break
        return root, code, output, summary

    def test_a_change_that_is_covered(self):
        self.change(COVERED)
        root, code, output, summary = self.run_workflow(depth=0)
        self.assertEqual(code, 0, output)
        self.assertReports(root, "report.html", "report.json", "junit.xml", "comment.md")
        self.assertTrue(summary.read_text().strip())
        self.assertEqual([file["path"] for file in self.patch_of(root)["files"]], ["app.py"], "what main did meanwhile is no part of it")

    def test_a_change_that_is_not_covered_in_a_clone_of_depth_two(self):
        self.change(UNCOVERED)
        root, code, output, summary = self.run_workflow(depth=2)
        self.assertEqual(code, 3, output)
        self.assertRegex(output, r"(?m)^::(error|warning|notice) .*file=app\.py")
        self.assertIn("below 80 %", summary.read_text())
        self.assertEqual(self.patch_of(root)["base"], "HEAD^1")


@unittest.skipIf(yaml is None, "not installed: PyYAML")
class Gitlab(CiTest):
    def run_job(self, files):
        self.change(files)
        root = self.folder / "builds/project"
        self.origin.git("clone", "-q", f"file://{self.origin.root}", root)
        self.origin.git("-C", root, "checkout", "-q", "--detach", "origin/topic")
        self.origin.git("-C", root, "branch", "-q", "-D", "main")
        job = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text())[".runharness"]
        self.assertEqual(job["variables"]["GIT_DEPTH"], "0")
        env = self.job_environment(GITLAB_CI="true", CI_PROJECT_DIR=str(root), CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main",
                                   CI_MERGE_REQUEST_DIFF_BASE_SHA=self.origin.git("merge-base", "main", "topic"), **job["variables"])
        code, output = self.run_step(["bash", "-e", "-o", "pipefail"], "\n".join([*job["before_script"], *job["script"]]), root, env)
        return root, job, code, output

    def test_a_change_that_is_covered(self):
        root, job, code, output = self.run_job(COVERED)
        self.assertEqual(code, 0, output)
        declared = job["artifacts"]["reports"]
        for report in (declared["junit"], declared["codequality"], declared["metrics"], declared["coverage_report"]["path"]):
            self.assertTrue((root / report).stat().st_size > 0, report)

    def test_a_change_that_is_not_covered(self):
        root, _, code, output = self.run_job(UNCOVERED)
        self.assertEqual(code, 3, output)
        self.assertIn("app.py", (root / "reports/comment.md").read_text())


class Jenkins(CiTest):
    def run_pipeline(self, files, *clone_options):
        self.change(files)
        root = self.folder / "workspace"
        self.origin.git("clone", "-q", "--single-branch", "-b", "topic", *clone_options, f"file://{self.origin.root}", root)
        steps = re.findall(r"sh '''(.*?)'''", (EXAMPLES / "Jenkinsfile").read_text(), re.DOTALL)
        self.assertEqual(len(steps), 2)
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "runharness").symlink_to(RUNHARNESS)
        env = self.job_environment(JENKINS_URL="https://ci.example.com/", CHANGE_TARGET="main", CHANGE_ID="7")
        env["PATH"] = f"{bin_folder}:{env['PATH']}"
        for script in steps:
            code, output = self.run_step(["sh", "-xe"], script, root, env)
            if code != 0:
                break
        return root, code, output

    def test_a_change_that_is_covered(self):
        root, code, output = self.run_pipeline(COVERED)
        self.assertEqual(code, 0, output)
        self.assertReports(root, "report.html", "report.json", "junit.xml")
        self.assertEqual(self.patch_of(root)["base"], "origin/main")

    def test_a_change_that_is_not_covered_in_a_shallow_clone(self):
        root, code, output = self.run_pipeline(UNCOVERED, "--depth=1")
        self.assertEqual(code, 3, output)
        self.assertEqual([file["path"] for file in self.patch_of(root)["files"]], ["app.py"])


class Hooks(CiTest):
    def setUp(self):
        super().setUp()
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "runharness").symlink_to(RUNHARNESS)
        self.env = environment(PATH=f"{bin_folder}:{os.environ['PATH']}")

    def install(self, repository, hook):
        target = repository.root / ".git/hooks" / hook
        target.parent.mkdir(exist_ok=True)
        shutil.copy(EXAMPLES / hook, target)

    def merge(self, files):
        self.change(files)
        self.install(self.origin, "pre-merge-commit")
        done = self.origin.git("merge", "--no-edit", "topic", check=False, env=self.env)
        return done.returncode, done.stdout + done.stderr

    def test_a_merge_that_passes_is_committed(self):
        code, output = self.merge(COVERED)
        self.assertEqual(code, 0, output)
        self.assertEqual(len(self.origin.git("rev-list", "--parents", "-1", "HEAD").split()), 3)

    def test_a_merge_that_fails_is_not(self):
        before = self.origin.git("rev-parse", "HEAD")
        code, output = self.merge(UNCOVERED)
        self.assertNotEqual(code, 0, output)
        self.assertIn("below 80 %", output)
        self.assertNotEqual(self.origin.git("rev-parse", "HEAD"), before, "main had gone on")
        self.assertEqual(len(self.origin.git("rev-list", "--parents", "-1", "HEAD").split()), 2)

    def test_pushes(self):
        remote = self.folder / "remote.git"
        self.origin.git("clone", "-q", "--bare", self.origin.root, remote)
        clone = self.folder / "clone"
        self.origin.git("clone", "-q", remote, clone)
        work = Repository(clone)
        self.install(work, "pre-push")

        def push(*arguments):
            done = work.git("push", "-q", "origin", *arguments, check=False, env=self.env)
            return done.returncode, done.stdout + done.stderr

        work.git("checkout", "-q", "-b", "good")
        work.commit(COVERED)
        self.assertEqual(push("good")[0], 0)
        work.git("checkout", "-q", "-b", "bad", "main")
        work.commit(UNCOVERED)
        code, output = push("bad")
        self.assertNotEqual(code, 0, output)
        self.assertIn("below 80 %", output)
        work.git("checkout", "-q", "main")
        code, output = push("bad")
        self.assertNotEqual(code, 0)
        self.assertIn("not what is checked out", output)
        self.assertEqual(push("--delete", "good")[0], 0)
        work.git("tag", "v1")
        self.assertEqual(push("v1")[0], 0)


if __name__ == "__main__":
    unittest.main()
