#include <algorithm>

#include <gtest/gtest.h>

#include "profiles/analysis/summary.h"
#include "tests/unit/profiles/analysis/made_profile.h"

namespace rh::profiles {
namespace {

std::vector<std::string> codes(const model::Profile& profile) {
  std::vector<std::string> found;
  for (const model::ProfileHint& hint : summarize(profile).hints) found.push_back(hint.code);
  return found;
}

class HintsTest : public testing::Test {
 protected:
  std::uint32_t below(std::uint32_t parent, const std::string& name, const std::string& file, std::uint32_t line = 1,
                      model::FrameKind kind = model::FrameKind::python) {
    auto& builder = made.builder();
    return builder.stack(parent, builder.frame({name, file, 1, kind, {}}), line);
  }
  MadeProfile made;
};

TEST_F(HintsTest, ImportTimeNamesTheModule) {
  const auto import = below(made.stack({"<module>@3"}), "_find_and_load", "<frozen importlib._bootstrap>");
  made.samples(100, below(import, "<module>", "/usr/lib/python3/pandas/__init__.py"));
  made.samples(10, below(import, "<module>", "/usr/lib/python3/small/__init__.py"));
  made.samples(100, made.stack({"<module>@9", "work"}));
  const auto summary = summarize(made.take());
  ASSERT_EQ(summary.hints.size(), 1U);
  EXPECT_EQ(summary.hints[0].code, "import-time");
  EXPECT_EQ(summary.hints[0].file, "/usr/lib/python3/pandas/__init__.py");
  EXPECT_NE(summary.hints[0].message.find("52.4 % of the CPU time (110 ms"), std::string::npos)
      << summary.hints[0].message;
}

TEST_F(HintsTest, ExpressionsCompiledAgainAndAgain) {
  const auto caller = made.stack({"main", "parse@12"});
  const auto compile = below(below(caller, "_compile", "/usr/lib/python3.11/re/__init__.py"), "compile",
                             "/usr/lib/python3.11/re/_compiler.py");
  for (int i = 0; i < 10; ++i) {
    made.samples(8, below(compile, "parse", "/usr/lib/python3.11/re/_parser.py"));
    made.samples(8, caller);
    made.samples(8, made.stack({"main"}));
  }
  const auto summary = summarize(made.take());
  ASSERT_EQ(summary.hints.size(), 1U);
  EXPECT_EQ(summary.hints[0].code, "regex-compile");
  EXPECT_EQ(summary.hints[0].line, 12U);
  EXPECT_NE(summary.hints[0].message.find("seen 10 separate times"), std::string::npos);
}

TEST_F(HintsTest, OneExpressionThatTakesLongIsNoLoop) {
  const auto compile = below(made.stack({"main@3"}), "compile", "/usr/lib/python3.11/re/_compiler.py");
  made.samples(100, compile);
  made.samples(100, made.stack({"main@4", "a@21"}));
  made.samples(100, made.stack({"main@5", "b@22"}));
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{});
}

TEST_F(HintsTest, AFunctionCalledCompileElsewhereIsNotMeant) {
  for (int i = 0; i < 10; ++i) {
    made.samples(8, below(made.stack({"main@3"}), "compile", "/w/template.py", 7));
    made.samples(8, made.stack({"main@4", "a@21"}));
    made.samples(8, made.stack({"main@5", "b@22"}));
  }
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{});
}

TEST_F(HintsTest, OneLineThatTakesMost) {
  made.samples(90, made.stack({"main@3", "f@8"}));
  made.samples(10, made.stack({"main@3", "f@9"}));
  const auto summary = summarize(made.take());
  ASSERT_EQ(summary.hints.size(), 1U);
  EXPECT_EQ(summary.hints[0].code, "hot-line");
  EXPECT_EQ(summary.hints[0].line, 8U);
}

TEST_F(HintsTest, ALineOfALibraryIsNotTheCallersToChange) {
  const std::uint32_t main = made.stack({"main@3"});
  made.samples(90, below(main, "iterencode", "/usr/lib/python3.11/json/encoder.py", 257));
  made.samples(10, main);
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{});
}

TEST_F(HintsTest, TooFewSamplesAreNoHint) {
  made.samples(3, made.stack({"main@3", "f@8"}));
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{});
}

TEST_F(HintsTest, GarbageCollection) {
  made.samples(30, made.stack({"main@3", "collect@23"}, model::FrameKind::gc));
  made.samples(35, made.stack({"main@4", "a@21"}));
  made.samples(35, made.stack({"main@5", "b@22"}));
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{"gc"});
}

TEST_F(HintsTest, WaitingForTheInterpretersLock) {
  const auto second = made.add_thread(0, 11);
  const auto a = made.stack({"a@1"}), b = made.stack({"b@2"}), c = made.stack({"c@3"});
  for (int i = 0; i < 100; ++i) {
    made.sample(i % 3 == 0 ? a : i % 3 == 1 ? b : c);
    made.builder().add({(i + 1) * 1'000'000, second, a, 1'000'000, 0, model::kWaitsForGil});
  }
  const auto summary = summarize(made.take());
  ASSERT_EQ(summary.hints.size(), 1U);
  EXPECT_EQ(summary.hints[0].code, "gil-wait");
  EXPECT_DOUBLE_EQ(*summary.hints[0].time.share.value, 0.5);
  EXPECT_EQ(summary.hints[0].time.ns, 100'000'000U);
  EXPECT_EQ(summary.threads[1].waits_for_gil_ns, 100'000'000U);
}

TEST_F(HintsTest, WaitingForAChildNamesTheCallerInTheProgram) {
  const auto communicate = below(below(made.stack({"main@3", "build@14"}), "run", "/usr/lib/python3.11/subprocess.py"),
                                 "Popen._communicate", "/usr/lib/python3.11/subprocess.py");
  const auto select = below(communicate, "_PollLikeSelector.select", "/usr/lib/python3.11/selectors.py");
  for (int i = 0; i < 50; ++i) made.sample(select, 0);
  made.samples(20, made.stack({"main@4"}));
  made.samples(20, made.stack({"main@5"}));
  const auto summary = summarize(made.take());
  ASSERT_EQ(summary.hints.size(), 1U);
  EXPECT_EQ(summary.hints[0].code, "child-wait");
  EXPECT_EQ(summary.hints[0].file, "a.py");
  EXPECT_EQ(summary.hints[0].line, 14U);
}

TEST_F(HintsTest, WaitingForTheNetwork) {
  const auto read = below(made.stack({"main@3", "fetch@14"}), "SocketIO.readinto", "/usr/lib/python3.11/socket.py");
  for (int i = 0; i < 50; ++i) made.sample(read, 0);
  made.samples(25, made.stack({"main@4"}));
  made.samples(25, made.stack({"main@5"}));
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{"io-wait"});
}

TEST_F(HintsTest, AServerThatWaitsForWorkIsNotAdvised) {
  const auto loop = below(made.stack({"serve@3"}), "EpollSelector.select", "/usr/lib/python3.11/selectors.py");
  for (int i = 0; i < 500; ++i) made.sample(loop, 0);
  EXPECT_EQ(codes(made.take()), std::vector<std::string>{});
}

TEST_F(HintsTest, ManyShortProcesses) {
  for (int i = 0; i < 25; ++i) {
    model::ProfileProcess child;
    child.pid = 100 + i;
    child.parent = 0;
    child.start_ns = i * 10'000'000;
    child.end_ns = child.start_ns + 8'000'000;
    child.cpu.value = std::chrono::milliseconds(4);
    (void)made.builder().add_process(child);
  }
  model::Profile profile = made.take();
  profile.cpu.value = std::chrono::milliseconds(200);
  const auto summary = summarize(profile);
  ASSERT_EQ(summary.hints.size(), 1U);
  EXPECT_EQ(summary.hints[0].code, "short-processes");
  EXPECT_NE(summary.hints[0].message.find("25 processes"), std::string::npos);
  EXPECT_NE(summary.hints[0].message.find("50.0 % of the CPU time"), std::string::npos) << summary.hints[0].message;
}

}  // namespace
}  // namespace rh::profiles
