// Real node: what it is asked to run behaves as without us, and its functions are found.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

class NodeProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (node_.empty()) GTEST_SKIP() << "no node in PATH";
  }
  void script(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_.path() / name, text));
  }
  // Runs it with and without us and expects the same of both.
  model::Profile record(const std::string& name, int exit_code) {
    const auto plain = plain_program({node_, name}, folder_.path());
    auto seen = record_program({node_, name}, folder_.path());
    EXPECT_EQ(seen.output, plain.output);
    EXPECT_EQ(seen.status, plain.status);
    EXPECT_EQ(seen.status.exit_code, exit_code) << seen.output;
    return std::move(seen.profile);
  }

  // A folder whose name has to be quoted in NODE_OPTIONS.
  TempDir folder_ = TempDir::make("node \"profiler\" t\xC3\xA4st-").value();
  std::string node_ = program_path("node");
};

// Long enough for samples by count, not by the clock: some 100 ms on a fast machine.
constexpr std::string_view kSpin = "let x = 0; for (let i = 0; i < 1e8; i++) x += i % 7; return x;";

TEST_F(NodeProgram, ItsChildrenAndWorkersAreFound) {
  script(
      "main.js",
      "const { Worker, isMainThread, threadId } = require('node:worker_threads');\n"
      "function gr\xC3\xB6\xC3\x9F"
      "e() { " +
          std::string(kSpin) +
          " }\n"
          "function inWorker() { " +
          std::string(kSpin) +
          " }\n"
          "if (isMainThread) {\n"
          "  gr\xC3\xB6\xC3\x9F"
          "e();\n"
          "  new Worker(__filename).on('exit', (code) => {\n"
          "    console.log(code, process.execArgv, process.listenerCount('exit'), Object.keys(require.cache).length);\n"
          "    require('node:child_process').execFileSync(process.execPath, ['child.mjs'], { stdio: 'inherit' });\n"
          "  });\n"
          "} else { inWorker(); console.log(threadId); }\n");
  script("child.mjs", "function inChild() { " + std::string(kSpin) + " }\n\ninChild(); console.log('child');\n");
  const model::Profile profile = record("main.js", 0);
  EXPECT_TRUE(has_function(profile,
                           "gr\xC3\xB6\xC3\x9F"
                           "e",
                           2));
  EXPECT_TRUE(has_function(profile, "inWorker", 3));
  EXPECT_TRUE(has_function(profile, "inChild", 1));
  const auto* const child = process_with(profile, "child.mjs");
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->profiler, "node");
  EXPECT_EQ(child->runtime.substr(0, 6), "node v");
  EXPECT_EQ(child->quality.expected, child->quality.taken + child->quality.idle + child->quality.late);
  EXPECT_GT(child->quality.taken, 0U);
  const bool worker = std::any_of(profile.threads.begin(), profile.threads.end(),
                                  [](const model::ProfileThread& thread) { return thread.name == "worker 1"; });
  EXPECT_TRUE(worker);
}

TEST_F(NodeProgram, EndsAsItWould) {
  script("exit.js",
         "process.on('exit', () => { console.log('bye'); process.exit(5); });\nprocess.removeAllListeners('x');\n"
         "function f() { " +
             std::string(kSpin) + " }\nf(); process.exit(1);\n");
  EXPECT_TRUE(has_function(record("exit.js", 5), "f", 3));
  script("throws.js",
         "process.on('exit', () => { throw new Error('in exit'); });\n"
         "function f() { " +
             std::string(kSpin) + " }\nf();\n");
  EXPECT_TRUE(has_function(record("throws.js", 1), "f", 2));
  script("uncaught.js", "function f() { " + std::string(kSpin) + " }\nsetTimeout(() => { f(); null.x; }, 1);\n");
  EXPECT_TRUE(has_function(record("uncaught.js", 1), "f", 1));
  script("emit.js",
         "const emit = process.emit;\nprocess.emit = function (...a) { return emit.apply(this, a); };\n"
         "process.on('own', () => console.log('heard'));\nprocess.emit('own');\n"
         "function f() { " +
             std::string(kSpin) + " }\nf();\n");
  EXPECT_TRUE(has_function(record("emit.js", 0), "f", 5));
}

TEST_F(NodeProgram, ChildrenWithoutItsOptionsAreToldApart) {
  script(
      "main.js",
      "delete process.env.NODE_OPTIONS;\n"
      "require('node:child_process').execFileSync(process.execPath, ['-e', '/*bare*/ setTimeout(() => {}, 200)']);\n");
  const model::Profile profile = record("main.js", 0);
  const auto* const bare = process_with(profile, "/*bare*/");
  ASSERT_NE(bare, nullptr);
  EXPECT_NE(bare->profiler, "node");  // the machine code of it may have been sampled
}

TEST_F(NodeProgram, KilledKeepsWhatWasSaved) {
  script("killed.js",
         "const fs = require('node:fs'), path = require('node:path');\n"
         "const folder = path.join(process.cwd(), 'scratch', 'node');\n"
         "function busy() { " +
             std::string(kSpin) +
             " }\n"
             "const saved = () => fs.readdirSync(folder).some((f) => fs.readFileSync(path.join(folder, f), "
             "'utf8').includes('\\ncpu '));\n"
             "function again() { busy(); if (saved()) process.kill(process.pid, 'SIGKILL'); setTimeout(again, 1); "
             "}\nagain();\n");
  auto seen = record_program({node_, "killed.js"}, folder_.path());
  EXPECT_EQ(seen.status.signal, 9);
  EXPECT_TRUE(has_function(seen.profile, "busy", 3));
  EXPECT_TRUE(says(seen.profile, "node-profile-cut"));
}

TEST_F(NodeProgram, MemoryIsThatOfTheFunctionThatHoldsIt) {
  script("heap.js",
         "function holds() { const all = []; for (let i = 0; i < 200000; i++) all.push({ i, text: 'x' + i }); return "
         "all; }\n"
         "globalThis.kept = holds();\n");
  RecordingOptions options;
  options.memory = true;
  auto seen = record_program({node_, "heap.js"}, folder_.path(), options);
  std::uint64_t holds = 0, all = 0;
  for (const model::AllocationSite& site : seen.profile.allocations.sites) {
    all += site.live_bytes;
    EXPECT_EQ(stack_text(seen.profile, site.stack).find("post:"), std::string::npos) << "what we ask V8 is not its own";
    if (stack_text(seen.profile, site.stack).ends_with("holds:0")) holds += site.live_bytes;
  }
  EXPECT_GT(holds, all / 2);
  EXPECT_GT(holds, 5'000'000U);
}

}  // namespace
}  // namespace rh::profiles
