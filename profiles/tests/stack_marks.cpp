#include "profiles/tests/stack_marks.h"

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

#include "profiles/analysis/stack_kinds.h"

namespace rh::profiles {
namespace {

using model::FrameKind;
using model::kNoIndex;

struct KnownFrame {
  FrameKind kind;
  std::string_view name;  // the last part of a qualified name; empty: any
  std::string_view file;  // the file is this or ends with '/' and this; "a/b/": it lies in such a folder; empty: any
  Phase phase;            // unknown: that of the frames above it
};

// pytest 6 to 9, CPython's unittest, node 18 to 24, mocha 10 to 12, jest 29 and 30, vitest 1 to 4. Inner frames win.
constexpr KnownFrame kKnown[] = {
    {FrameKind::python, "pytest_collection", "_pytest/main.py", Phase::collection},
    {FrameKind::python, "perform_collect", "_pytest/main.py", Phase::collection},
    {FrameKind::python, "pytest_make_collect_report", "_pytest/runner.py", Phase::collection},
    {FrameKind::python, "pytest_runtest_protocol", "_pytest/runner.py", Phase::runner},
    {FrameKind::python, "pytest_runtest_setup", "_pytest/runner.py", Phase::fixtures},
    {FrameKind::python, "pytest_runtest_teardown", "_pytest/runner.py", Phase::fixtures},
    {FrameKind::python, "pytest_runtest_call", "_pytest/runner.py", Phase::tests},
    {FrameKind::python, "pytest_pyfunc_call", "_pytest/python.py", Phase::tests},
    {FrameKind::python, "pytest_fixture_setup", "_pytest/fixtures.py", Phase::fixtures},
    {FrameKind::python, "call_fixture_func", "_pytest/fixtures.py", Phase::fixtures},
    {FrameKind::python, "_teardown_yield_fixture", "_pytest/fixtures.py", Phase::fixtures},
    {FrameKind::python, "_callSetUp", "unittest/case.py", Phase::fixtures},
    {FrameKind::python, "_callTearDown", "unittest/case.py", Phase::fixtures},
    {FrameKind::python, "doCleanups", "unittest/case.py", Phase::fixtures},
    {FrameKind::python, "_callTestMethod", "unittest/case.py", Phase::tests},
    {FrameKind::javascript, "runHook", "node:internal/test_runner/test", Phase::fixtures},
    {FrameKind::javascript, "TestHook", "node:internal/test_runner/test", Phase::fixtures},
    {FrameKind::javascript, "runInAsyncScope", "node:internal/test_runner/test", Phase::tests},
    {FrameKind::javascript, "_load", "node:internal/modules/cjs/loader", Phase::loading},
    {FrameKind::javascript, "Module._load", "node:internal/modules/cjs/loader", Phase::loading},
    {FrameKind::javascript, "run", "node:internal/modules/esm/module_job", Phase::loading},
    {FrameKind::javascript, "loadAndTranslate", "node:internal/modules/esm/loader", Phase::import},
    {FrameKind::javascript, "runTest", "mocha/lib/runner.js", Phase::tests},
    {FrameKind::javascript, "next", "mocha/lib/runner.js", Phase::fixtures},  // inside of Runner.hook
    {FrameKind::javascript, "callFn", "mocha/lib/runnable.js", Phase::unknown},
    {FrameKind::javascript, "_callCircusHook", "jest-circus/build/", Phase::fixtures},
    {FrameKind::javascript, "_callCircusTest", "jest-circus/build/", Phase::tests},
    {FrameKind::javascript, "", "jest-circus/build/", Phase::unknown},
    {FrameKind::javascript, "callSuiteHook", "@vitest/runner/dist/", Phase::fixtures},
    {FrameKind::javascript, "callTestHooks", "@vitest/runner/dist/", Phase::fixtures},
    {FrameKind::javascript, "callCleanupHooks", "@vitest/runner/dist/", Phase::fixtures},
    {FrameKind::javascript, "", "@vitest/runner/dist/", Phase::unknown},
    {FrameKind::native, "testing.tRunner", "", Phase::tests},
    {FrameKind::native, "testing.(*common).runCleanup", "", Phase::fixtures},
    {FrameKind::native, "runtime.doInit", "", Phase::import},
    {FrameKind::native, "runtime.doInit1", "", Phase::import},
};

bool same_file(std::string_view file, std::string_view known) {
  if (known.empty() || file == known) return true;
  if (known.back() == '/') {
    const std::size_t at = file.find(known);
    return at != std::string_view::npos && at > 0 && file[at - 1] == '/';
  }
  return file.size() > known.size() && file.ends_with(known) && file[file.size() - known.size() - 1] == '/';
}

bool same_name(FrameKind kind, std::string_view name, std::string_view known) {
  if (known.empty() || name == known) return true;
  return kind != FrameKind::native && name.size() > known.size() && name.ends_with(known) &&
         name[name.size() - known.size() - 1] == '.';
}

struct FrameMark {
  Phase phase = Phase::unknown;
  bool runners = false;  // a function of the runner itself
};

FrameMark mark_of(const model::ProfileFrame& frame) {
  for (const KnownFrame& known : kKnown)
    if (known.kind == frame.kind && same_name(frame.kind, frame.name, known.name) && same_file(frame.file, known.file))
      return {known.phase, known.phase != Phase::import && known.phase != Phase::loading};
  if (frame.kind == FrameKind::native && frame.name.ends_with(".TestMain")) return {Phase::fixtures, true};
  return {activity_of(frame) == Activity::import ? Phase::import : Phase::unknown, false};
}

// "example.com/mod/pkg.TestA.func1" is "example.com/mod/pkg" and "TestA". The linker writes dots of the last element
// of a path as %2e.
std::pair<std::string, std::string> split_go_name(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t dot = name.find('.', slash == std::string_view::npos ? 0 : slash);
  if (dot == std::string_view::npos) return {};
  std::string package(name.substr(0, dot));
  for (std::size_t at = 0; (at = package.find("%2e", at)) != std::string::npos;) {
    package.erase(at, 2);
    package[at] = '.';
  }
  const std::string_view rest = name.substr(dot + 1);
  return {std::move(package), std::string(rest.substr(0, rest.find_first_of(".[")))};
}

// Tests by the names of their functions; kNoIndex where several have one.
class TestFunctions {
 public:
  explicit TestFunctions(const std::vector<RanTest>& tests) {
    for (std::uint32_t i = 0; i < tests.size(); ++i) {
      if (tests[i].pid != 0) continue;  // those are joined by their process and time
      const model::TestCase& test = tests[i].test;
      add(go_, test.classname + '\n' + test.name, i);
      add(by_name_, test.name, i);
    }
  }

  [[nodiscard]] std::uint32_t go(std::string_view frame) const {
    auto [package, function] = split_go_name(frame);
    constexpr std::string_view kOutside = "_test";
    const std::string shorter(package.substr(0, package.size() - (package.ends_with(kOutside) ? kOutside.size() : 0)));
    for (const std::string& known : {package, shorter})
      if (const auto at = go_.find(known + '\n' + function); at != go_.end()) return at->second;
    return find(function);
  }

  // "crate::path::name" and "crate::path::name::{closure#0}": libtest leaves the crate out.
  [[nodiscard]] std::uint32_t rust(std::string_view frame) const {
    for (const std::string_view closure : {std::string_view("::{{closure}}"), std::string_view("::{closure#0}")})
      if (frame.ends_with(closure)) frame.remove_suffix(closure.size());
    const std::size_t crate = frame.find("::");
    return crate == std::string_view::npos ? kNoIndex : find(std::string(frame.substr(crate + 2)));
  }

  [[nodiscard]] bool empty() const { return by_name_.empty(); }

 private:
  using Names = std::unordered_map<std::string, std::uint32_t>;
  static void add(Names& names, const std::string& name, std::uint32_t test) {
    const auto [at, made] = names.try_emplace(name, test);
    if (!made) at->second = kNoIndex;
  }
  [[nodiscard]] std::uint32_t find(const std::string& name) const {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? kNoIndex : at->second;
  }
  Names go_, by_name_;
};

}  // namespace

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::runner:
      return "runner";
    case Phase::collection:
      return "collection";
    case Phase::fixtures:
      return "fixtures";
    case Phase::tests:
      return "tests";
    case Phase::import:
    case Phase::loading:
      return "import";
    case Phase::unknown:
      break;
  }
  return "other";
}

std::vector<StackMark> mark_stacks(const model::Profile& profile, const std::vector<RanTest>& tests) {
  const TestFunctions functions(tests);
  std::vector<FrameMark> own_marks;
  std::vector<std::uint32_t> rust;
  for (const model::ProfileFrame& frame : profile.frames) {
    own_marks.push_back(mark_of(frame));
    const bool native = frame.kind == FrameKind::native && !functions.empty();
    rust.push_back(native ? functions.rust(frame.name) : kNoIndex);
  }
  std::vector<bool> libtest;  // by node
  std::vector<StackMark> marks;
  marks.reserve(profile.stacks.size());
  for (std::uint32_t node = 0; node < profile.stacks.size(); ++node) {
    const model::StackNode& at = profile.stacks[node];
    StackMark mark = at.parent == kNoIndex ? StackMark{} : marks[at.parent];
    const FrameMark own = own_marks[at.frame];
    if (own.phase != Phase::unknown) mark.phase = own.phase;
    if (own.runners) mark.base = node;
    // Below a function of libtest only: another thread may run a function of the test's name.
    const model::ProfileFrame& frame = profile.frames[at.frame];
    libtest.push_back((frame.kind == FrameKind::native && frame.name.starts_with("test::")) ||
                      (at.parent != kNoIndex && libtest[at.parent]));
    if (mark.test == kNoIndex && rust[at.frame] != kNoIndex && libtest.back()) {
      mark.test = rust[at.frame];
      mark.base = at.parent;
      mark.phase = Phase::tests;
    }
    if (mark.test == kNoIndex && at.parent != kNoIndex && !functions.empty() &&
        profile.frames[profile.stacks[at.parent].frame].name == "testing.tRunner")
      mark.test = functions.go(frame.name);
    marks.push_back(mark);
  }
  return marks;
}

std::vector<std::uint32_t> tests_of_threads(const model::Profile& profile, const std::vector<RanTest>& tests) {
  constexpr std::size_t kKernelName = 15;
  std::unordered_map<std::string, std::uint32_t> by_name;
  for (std::uint32_t i = 0; i < tests.size(); ++i) {
    if (tests[i].pid != 0) continue;
    const auto [at, made] = by_name.try_emplace(tests[i].test.name.substr(0, kKernelName), i);
    if (!made) at->second = kNoIndex;
  }
  std::vector<std::uint32_t> of_threads;
  for (const model::ProfileThread& thread : profile.threads) {
    const bool rust = profile.processes[thread.process].runtime.starts_with("Rust");
    const auto at = rust ? by_name.find(thread.name) : by_name.end();
    of_threads.push_back(at == by_name.end() ? kNoIndex : at->second);
  }
  return of_threads;
}

std::vector<std::uint32_t> enclosing_tests(const std::vector<RanTest>& tests) {
  using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
  std::map<Key, std::uint32_t> known;
  const auto find = [&](const model::TestCase& test, std::string_view name) {
    // The class of a subtest of node:test is the path of those around it.
    for (const std::string_view place : {std::string_view(test.classname), std::string_view()})
      if (const auto at = known.find({test.file, place, name}); at != known.end()) return at->second;
    return kNoIndex;
  };
  for (std::uint32_t i = 0; i < tests.size(); ++i) {
    const model::TestCase& test = tests[i].test;
    known.try_emplace({test.file, test.classname, test.name}, i);
    if (!test.file.empty()) known.try_emplace({test.file, std::string_view(), test.name}, i);
  }
  std::vector<std::uint32_t> enclosing;
  for (std::uint32_t i = 0; i < tests.size(); ++i) {
    const model::TestCase& test = tests[i].test;
    std::uint32_t found = test.parent.empty() ? kNoIndex : find(test, test.parent);
    for (const std::string_view separator : {std::string_view(" > "), std::string_view("/")}) {
      std::string_view name = test.name;
      for (std::size_t at = name.rfind(separator); at != std::string_view::npos && found == kNoIndex;
           at = name.rfind(separator)) {
        name = name.substr(0, at);
        found = find(test, name);
      }
    }
    enclosing.push_back(found == i ? kNoIndex : found);
  }
  return enclosing;
}

}  // namespace rh::profiles
