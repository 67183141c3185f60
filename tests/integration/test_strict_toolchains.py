"""Real toolchains at work in the preset `strict`: compilers, workers, threads and child processes, under `test` and under `run`."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from harness import RUNHARNESS, SAMPLES, HarnessTest, clean_environment, require

OFFLINE = {"CARGO_NET_OFFLINE": "true", "GOPROXY": "off", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local", "npm_config_offline": "true",
           "PIP_NO_INDEX": "1"}

PYTEST = {
    "pytest.ini": "[pytest]\n",
    "test_processes.py": '''
import concurrent.futures, multiprocessing, os, pathlib, socket, subprocess, sys, tempfile, threading
import pytest

@pytest.mark.parametrize("number", range(20))
def test_spread_over_workers(number, worker_id):
    assert worker_id.startswith("gw")

def test_subprocess():
    done = subprocess.run([sys.executable, "-c", "import sys; sys.exit(len(sys.stdin.read()))"], input="four", text=True)
    assert done.returncode == 4

def test_shell_pipeline():
    assert subprocess.check_output("printf 'b\\\\na\\\\n' | sort | head -n 1", shell=True, text=True) == "a\\n"

def double(number):
    return 2 * number

@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_process_pool(method):
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(double, range(10))) == list(range(0, 20, 2))

def test_shared_memory():
    from multiprocessing import shared_memory
    block = shared_memory.SharedMemory(create=True, size=1 << 20)
    block.buf[0] = 7
    other = shared_memory.SharedMemory(name=block.name)
    assert other.buf[0] == 7
    other.close()
    block.close()
    block.unlink()

def test_server_on_loopback():
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((address, 0), family=family) as server:
            thread = threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"))
            thread.start()
            with socket.create_connection(server.getsockname()[:2]) as client:
                assert client.recv(5) == b"hello"
            thread.join()

def test_temporary_files_and_home(tmp_path):
    (tmp_path / "x").write_text("x")
    with tempfile.NamedTemporaryFile() as file:
        assert os.path.exists(file.name)
    (pathlib.Path.home() / "x").write_text("x")

def test_terminal():
    import pty
    controller, terminal = pty.openpty()
    os.write(terminal, b"typed")
    assert os.read(controller, 5) == b"typed"
''',
}

NODE = {
    "package.json": json.dumps({"name": "strict", "version": "1.0.0", "private": True, "scripts": {"test": "node --test"}}),
    "child.js": "process.on('message', (n) => process.send(n * 2, () => process.disconnect()));\n",
    "worker.js": "const { parentPort, workerData } = require('node:worker_threads');\n"
                 "const cells = new Int32Array(workerData);\nAtomics.add(cells, 0, 5);\nparentPort.postMessage('done');\n",
    "strict.test.js": """
const test = require('node:test');
const assert = require('node:assert');
const { Worker } = require('node:worker_threads');
const { fork, execFileSync, spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const once = require('node:events').once;

test('worker threads share memory', async () => {
  const memory = new SharedArrayBuffer(4);
  const workers = Array.from({ length: 4 }, () => new Worker(path.join(__dirname, 'worker.js'), { workerData: memory }));
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.strictEqual(new Int32Array(memory)[0], 20);
});
test('fork with a channel', async () => {
  const child = fork(path.join(__dirname, 'child.js'));
  child.send(21);
  const [answer] = await once(child, 'message');
  assert.strictEqual(answer, 42);
  await once(child, 'exit');
});
test('exec and a shell', async () => {
  assert.strictEqual(execFileSync(process.execPath, ['-p', '6*7'], { encoding: 'utf8' }), '42\\n');
  const shell = spawn('echo one | tr a-z A-Z', { shell: true });
  const [data] = await once(shell.stdout, 'data');
  assert.strictEqual(String(data), 'ONE\\n');
});
test('server on loopback', async () => {
  const server = net.createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect(server.address().port, '127.0.0.1');
  const [data] = await once(client, 'data');
  assert.strictEqual(String(data), 'hello');
  server.close();
});
test('webassembly and a just-in-time compiler', () => {
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  assert.ok(new WebAssembly.Module(bytes));
  let sum = 0;
  for (let i = 0; i < 5e6; i++) sum = (sum + i) % 1000003;
  assert.ok(sum >= 0);
});
""",
}

GO = {
    "go.mod": "module example.com/strict\n\ngo 1.20\n",
    "add.go": "package strict\n\n// int add(int a, int b) { return a + b; }\nimport \"C\"\n\nfunc Add(a, b int) int { return int(C.add(C.int(a), C.int(b))) }\n",
    "strict_test.go": """package strict

import (
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv("STRICT_CHILD") == "1" {
		os.Exit(3)
	}
	os.Exit(m.Run())
}

func TestCgo(t *testing.T) {
	if Add(2, 3) != 5 {
		t.Fatal("cgo")
	}
}

func TestItself(t *testing.T) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "STRICT_CHILD=1")
	if code := command.Run(); code == nil || command.ProcessState.ExitCode() != 3 {
		t.Fatal(code)
	}
}

func TestGoTool(t *testing.T) {
	out, err := exec.Command("go", "version").CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
}

func TestManyGoroutines(t *testing.T) {
	var group sync.WaitGroup
	var mutex sync.Mutex
	sum := 0
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func() { defer group.Done(); mutex.Lock(); sum++; mutex.Unlock() }()
	}
	group.Wait()
	if sum != 1000 {
		t.Fatal(sum)
	}
}

func TestServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { c, _ := listener.Accept(); c.Write([]byte("hello")); c.Close() }()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 5)
	if n, err := client.Read(buffer); err != nil || string(buffer[:n]) != "hello" {
		t.Fatal(n, err)
	}
}
""",
}

CARGO = {
    "Cargo.toml": '[package]\nname = "strict"\nversion = "0.1.0"\nedition = "2021"\nbuild = "build.rs"\n',
    "Cargo.lock": '# This file is automatically @generated by Cargo.\nversion = 3\n\n[[package]]\nname = "strict"\nversion = "0.1.0"\n',
    "build.rs": """
use std::{env, fs, path::Path, process::Command};

fn main() {
    let rustc = env::var("RUSTC").unwrap();
    let version = Command::new(rustc).arg("--version").output().unwrap();
    assert!(version.status.success());
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("made.rs"), "pub const MADE: u32 = 42;").unwrap();
    println!("cargo:rustc-env=STRICT_MADE_BY={}", String::from_utf8_lossy(&version.stdout).trim());
    println!("cargo:rerun-if-changed=build.rs");
}
""",
    "src/lib.rs": """
include!(concat!(env!("OUT_DIR"), "/made.rs"));

/// ```
/// assert_eq!(strict::twice(21), 42);
/// ```
pub fn twice(n: u32) -> u32 { 2 * n }

#[cfg(test)]
mod tests {
    #[test]
    fn made_by_the_build_script() {
        assert_eq!(super::MADE, 42);
        assert!(env!("STRICT_MADE_BY").starts_with("rustc "));
    }
    #[test]
    fn threads() {
        let all: Vec<_> = (0..8).map(|i| std::thread::spawn(move || i)).collect();
        assert_eq!(all.into_iter().map(|t| t.join().unwrap()).sum::<i32>(), 28);
    }
}
""",
    "src/main.rs": "fn main() { println!(\"{}\", strict::twice(4)); }\n",
    "tests/program.rs": """
#[test]
fn own_program() {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_strict")).output().unwrap();
    assert_eq!(done.stdout, b"8\\n");
}
""",
}

JVM = {
    "runharness.toml": '[[suite]]\nid = "jvm"\nroot = "."\ncommand = ["sh", "build.sh"]\nresults = "out/results.xml"\n',
    "build.sh": "set -e\nmkdir -p classes out\njavac -d classes Main.java\njava -cp classes Main default out/results.xml\n"
                "java -Xmx256m -cp classes Main small out/small.xml\n",
    "Main.java": """
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.concurrent.*;

public class Main {
  static void check(boolean good, String what) { if (!good) throw new AssertionError(what); }

  public static void main(String[] args) throws Exception {
    StringBuilder cases = new StringBuilder();
    ExecutorService pool = Executors.newFixedThreadPool(16);
    Future<Integer> sum = pool.submit(() -> java.util.stream.IntStream.range(0, 1000000).parallel().map(i -> i % 7).sum());
    check(sum.get() > 0, "threads");
    pool.shutdown();
    Process child = new ProcessBuilder("sh", "-c", "echo child").start();
    check(new BufferedReader(new InputStreamReader(child.getInputStream())).readLine().equals("child"), "process");
    check(child.waitFor() == 0, "process exit");
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
         Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
         Socket accepted = server.accept()) {
      accepted.getOutputStream().write(65);
      check(client.getInputStream().read() == 65, "socket");
    }
    byte[][] blocks = new byte[64][];
    for (int i = 0; i < blocks.length; i++) blocks[i] = new byte[1 << 20];
    check(Files.createTempFile("strict", "x").toFile().delete(), "temporary file");
    check(new File(System.getenv("HOME")).canWrite(), "home");
    for (String name : new String[] {"threads", "process", "socket", "memory", "files"})
      cases.append("<testcase classname=\\"jvm\\" name=\\"").append(name).append(' ').append(args[0]).append("\\"/>");
    Files.writeString(Path.of(args[1]), "<testsuite name=\\"jvm\\">" + cases + "</testsuite>");
  }
}
""",
}


def has_modules(python, *modules):
    return subprocess.run([python, "-c", "import " + ", ".join(modules)], capture_output=True, check=False).returncode == 0


def python_with_xdist():
    """The variables by which `python3` is one that has pytest and xdist; None where there is none."""
    prepared = SAMPLES / "pytest/.venv"
    if os.access(prepared / "bin/python", os.X_OK) and has_modules(str(prepared / "bin/python"), "pytest", "xdist"):
        return {"VIRTUAL_ENV": str(prepared), "PATH": f"{prepared}/bin:{os.environ['PATH']}"}
    for folder in ("", "/usr/bin"):
        path = os.pathsep.join(filter(None, (folder, os.environ["PATH"])))
        python = shutil.which("python3", path=path)
        if python and has_modules(python, "pytest", "xdist"):
            return {"PATH": path}
    return None


class Strict(HarnessTest):
    """Each project passes under `test`, then its own command under `run`."""

    def run_test(self, files, *arguments, **variables):
        project = self.write(files)
        # The limit of time is for hanging only: a loaded machine compiles slowly.
        done = self.run_harness("test", project, "--preset", "strict", "--no-coverage", "--timeout", "9m", *arguments,
                                env=clean_environment(**OFFLINE, **variables), timeout=600)
        self.assertEqual(done.code, 0, done.explain())
        self.assertEqual(done.test_step()["isolation"]["requested"], "strict")
        refused = [row for row in done.test_step()["isolation"]["rows"] if row["state"] == "refused"]
        self.assertEqual(refused, [], "part of `strict` was not in force")
        return done

    def run_command(self, files, *command, **variables):
        project = self.write(files)
        done = subprocess.run([RUNHARNESS, "run", "--preset", "strict", "--timeout", "9m", "--json", "--", *command], cwd=project,
                              env=clean_environment(**OFFLINE, **variables), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=600, check=False)
        self.assertTrue(done.stdout.strip().startswith("{"), done.stdout + done.stderr)
        record = json.loads(done.stdout)
        self.assertEqual((record["ending"], record["exit_code"]), ("exited", 0), json.dumps(record, indent=1) + done.stderr)
        return record


@require("python3")
class Pytest(Strict):
    def setUp(self):
        super().setUp()
        self.python = python_with_xdist()
        if self.python is None:
            print("NOT CHECKED: no python3 with pytest and pytest-xdist (./dev setup installs them)", file=sys.stderr)
            self.skipTest("not installed: pytest-xdist")

    def test_xdist_and_processes(self):
        done = self.run_test(PYTEST, "--", "-n", "2", **self.python)
        self.assertEqual(done.report["counts"]["passed"], 29, done.explain())

    def test_xdist_and_processes_as_a_command(self):
        record = self.run_command(PYTEST, "python3", "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", **self.python)
        self.assertIn("29 passed", record["stdout"])


@require("node", "npm")
class Node(Strict):
    def test_workers_and_children(self):
        done = self.run_test(NODE)
        self.assertEqual(done.report["counts"]["passed"], 5, done.explain())

    def test_workers_and_children_as_a_command(self):
        self.assertIn("pass 5", self.run_command(NODE, "node", "--test")["stdout"])


@require("go", "gcc")
class Go(Strict):
    def test_race_detector_cgo_and_children(self):
        done = self.run_test(GO, "--", "-race")
        self.assertEqual(done.report["counts"]["passed"], 5, done.explain())

    def test_race_detector_cgo_and_children_as_a_command(self):
        self.assertIn("ok", self.run_command(GO, "go", "test", "-race", "./...")["stdout"])


@require("cargo", "cc")
class Cargo(Strict):
    def test_build_script_and_children(self):
        done = self.run_test(CARGO)
        self.assertEqual(done.report["counts"]["passed"], 4, done.explain())

    def test_build_script_and_children_as_a_command(self):
        self.assertIn("test result: ok", self.run_command(CARGO, "cargo", "test")["stdout"])


@require("java", "javac")
class Jvm(Strict):
    def test_compiler_and_both_heaps(self):
        done = self.run_test(JVM)
        self.assertEqual(done.report["counts"]["passed"], 5, done.explain())

    def test_compiler_and_both_heaps_as_a_command(self):
        self.run_command(JVM, "sh", "build.sh")


class Samples(Strict):
    """The projects of samples/, with the packages that they have installed."""

    def check(self, name, *needed):
        if not all(pathlib.Path(SAMPLES / name / each).exists() for each in needed):
            self.skipTest(f"not installed: {', '.join(needed)} of samples/{name}")
        project = self.folder / name
        shutil.copytree(SAMPLES / name, project, ignore=shutil.ignore_patterns(".runharness", "target", "__pycache__"), symlinks=True)
        done = self.run_harness("test", project, "--preset", "strict", "--timeout", "9m", env=clean_environment(**OFFLINE), timeout=600)
        self.assertEqual(done.code, 0, done.explain())
        self.assertGreater(done.report["counts"]["passed"], 0)

    @require("go")
    def test_go(self):
        self.check("go")

    @require("cargo")
    def test_cargo(self):
        self.check("cargo")

    @require("node", "npm")
    def test_node_test(self):
        self.check("node-test")

    @require("node", "npm")
    def test_vitest(self):
        self.check("vitest", "node_modules")

    @require("node", "npm")
    def test_jest(self):
        self.check("jest", "node_modules")

    @require("node", "npm")
    def test_mocha(self):
        self.check("mocha", "node_modules")


@unittest.skipUnless(os.geteuid() == 0, "not root: everything here was done as an ordinary user already")
class OrdinaryUser(HarnessTest):
    """The same without root's means: no control group, no id-mapped mount. Compiling Go and Rust anew shows nothing more."""

    USER = 65532  # no such account needed

    def test_the_others_once_more(self):
        for needed in ("/usr/bin/python3", RUNHARNESS):
            if subprocess.run(["test", "-x", needed], user=self.USER, group=self.USER, extra_groups=[], check=False).returncode != 0:
                self.skipTest(f"{needed} is not open to every user")
        os.chown(self.folder, self.USER, self.USER)
        environment = {"HOME": str(self.folder), "TMPDIR": str(self.folder), "PATH": "/usr/local/bin:/usr/bin:/bin", "RUNHARNESS": str(RUNHARNESS),
                       "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(["/usr/bin/python3", __file__, "Pytest", "Node", "Jvm"], env=environment, user=self.USER, group=self.USER,
                              extra_groups=[], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Ran 6 tests", done.stderr)
        print(f"as user {self.USER}: {done.stderr.strip().splitlines()[-1]}")


if __name__ == "__main__":
    unittest.main()
