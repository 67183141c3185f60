// The sampler against real interpreters: scripts that stop at a place of which the whole stack is known.
#include "profiles/python/py_sampler.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "runner/base/text.h"
#include "tests/unit/profiles/python/interpreters.h"
#include "tests/unit/profiles/python/sampled.h"

namespace rh::profiles::python {
namespace {

class SamplerOf : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    python_ = python_of(GetParam());
    if (python_ == nullptr) GTEST_SKIP() << "no CPython 3." << GetParam() << " here";
  }
  // Qualified names exist since 3.11.
  [[nodiscard]] std::string name(const std::string& qualified) const {
    return GetParam() >= 11 ? qualified : qualified.substr(qualified.rfind('.') + 1);
  }
  const FoundPython* python_ = nullptr;
};

TEST_P(SamplerOf, AStackIsExact) {
  RunningScript script(*python_, R"(import os
class Worker:
    def run(self):
        x = 1
        return self.wait(
            x)
    def wait(self, x):
        os.write(1, b"ready\n")
        os.read(0, 1)
def outer():
    Worker().run()
outer()
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  ASSERT_TRUE(sampled.adopted());
  const std::string wanted = fmt::format("<module>:12;outer:11;{}:{};{}:9", name("Worker.run"), 5, name("Worker.wait"));
  EXPECT_EQ(sampled.until(wanted), wanted);
  while (sampled.last() != TickOutcome::idle) (void)sampled.tick();
  EXPECT_EQ(sampled.stacks(), std::multiset<std::string>{wanted});
  const model::Profile profile = sampled.finish();
  EXPECT_TRUE(profile.processes[0].runtime.starts_with("CPython 3." + std::to_string(GetParam())));
  EXPECT_EQ(profile.processes[0].runtime, "CPython " + python_->text);
  const auto frame = std::find_if(profile.frames.begin(), profile.frames.end(),
                                  [&](const model::ProfileFrame& each) { return each.name == name("Worker.run"); });
  ASSERT_NE(frame, profile.frames.end());
  EXPECT_EQ(frame->line, 3U);
  EXPECT_EQ(frame->file, script.file());
  EXPECT_EQ(frame->kind, model::FrameKind::python);
}

TEST_P(SamplerOf, GeneratorsStandBetweenTheirCallers) {
  RunningScript script(*python_, R"(import os
def inner():
    yield 1
    os.write(1, b"ready\n")
    os.read(0, 1)
    yield 2
def middle():
    yield from inner()
def consume():
    for each in middle():
        pass
consume()
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  const std::string wanted = "<module>:12;consume:10;middle:8;inner:5";
  EXPECT_EQ(sampled.until(wanted), wanted);
}

TEST_P(SamplerOf, CoroutinesStandInTheOrderOfTheirAwaits) {
  RunningScript script(*python_, R"(import asyncio, os
async def inner():
    await asyncio.sleep(0)
    os.write(1, b"ready\n")
    os.read(0, 1)
async def middle():
    await inner()
async def main():
    await middle()
asyncio.run(main())
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  const std::string wanted = ";main:9;middle:7;inner:5";
  const auto end = std::chrono::steady_clock::now() + kPatienceLimit;
  std::string seen;
  while (!seen.ends_with(wanted) && std::chrono::steady_clock::now() < end) {
    (void)sampled.tick();
    const auto stacks = sampled.stacks();
    seen = stacks.empty() ? "" : *stacks.begin();
  }
  EXPECT_TRUE(seen.ends_with(wanted)) << seen;
  EXPECT_TRUE(seen.starts_with("<module>:10;")) << seen;
}

TEST_P(SamplerOf, ADeepRecursionIsWhole) {
  RunningScript script(*python_, R"(import os, sys
sys.setrecursionlimit(5000)
def down(n):
    if n == 0:
        os.write(1, b"ready\n")
        os.read(0, 1)
        return
    down(n - 1)
down(2000)
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  std::string wanted = "<module>:9";
  for (int i = 0; i < 2000; ++i) wanted += ";down:8";
  wanted += ";down:6";
  EXPECT_TRUE(sampled.until(wanted) == wanted);
}

TEST_P(SamplerOf, CallsThroughCStandInOneStack) {
  RunningScript script(*python_, R"(import os
class Key:
    def __init__(self, value):
        self.value = value
    def __lt__(self, other):
        os.write(1, b"ready\n")
        os.read(0, 1)
        return False
def by(key):
    return max([Key(1), Key(2)])
list(map(by, sorted([3], key=lambda each: each)))
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  const std::string wanted = fmt::format("<module>:11;by:10;{}:7", name("Key.__lt__"));
  EXPECT_EQ(sampled.until(wanted), wanted);
}

TEST_P(SamplerOf, EveryThreadHasItsOwnStack) {
  RunningScript script(*python_, R"(import os, threading
barrier = threading.Barrier(4)
lock = threading.Lock()
lock.acquire()
def one():
    barrier.wait()
    lock.acquire()
def two():
    barrier.wait()
    lock.acquire()
def three():
    barrier.wait()
    os.read(0, 1)
for target in (one, two, three):
    threading.Thread(target=target, daemon=True).start()
barrier.wait()
os.write(1, b"ready\n")
os.read(0, 1)
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  const auto ends_at = [&](const std::multiset<std::string>& stacks, const std::string& leaf) {
    return std::count_if(stacks.begin(), stacks.end(), [&](const auto& each) { return each.ends_with(leaf); });
  };
  const auto settled = [&](const std::multiset<std::string>& stacks) {
    return stacks.size() == 4 && ends_at(stacks, ";one:7") == 1 && ends_at(stacks, ";two:10") == 1 &&
           ends_at(stacks, ";three:13") == 1 && ends_at(stacks, "<module>:18") == 1;
  };
  const auto end = std::chrono::steady_clock::now() + kPatienceLimit;
  while (!settled(sampled.stacks()) && std::chrono::steady_clock::now() < end) (void)sampled.tick();
  EXPECT_TRUE(settled(sampled.stacks())) << testing::PrintToString(sampled.stacks());
  const model::Profile profile = sampled.finish();
  std::set<int> tids;
  for (const model::ProfileThread& thread : profile.threads) tids.insert(thread.tid);
  EXPECT_EQ(tids.size(), 4U);
  EXPECT_EQ(tids.count(script.pid()), 1U);
}

TEST_P(SamplerOf, AForkedChildIsRead) {
  RunningScript script(*python_, R"(import os
def child():
    os.write(1, b"%d\n" % os.getpid())
    os.read(0, 1)
def parent():
    pid = os.fork()
    if pid == 0:
        child()
        os._exit(0)
    os.waitpid(pid, 0)
parent()
)");
  const int child = static_cast<int>(parse_i64(script.read_line()).value_or(0));
  ASSERT_GT(child, 0);
  Sampled sampled(child);
  EXPECT_EQ(sampled.until("<module>:11;parent:8;child:4"), "<module>:11;parent:8;child:4");
  Sampled of_parent(script.pid());
  EXPECT_EQ(of_parent.until("<module>:11;parent:10"), "<module>:11;parent:10");
}

TEST_P(SamplerOf, SubInterpretersStandAboveTheirCaller) {
  RunningScript script(*python_, R"(import os
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
run = getattr(interpreters, "run_string", None) or interpreters.exec
code = '''import os
def inside():
    os.write(1, b"ready\\n")
    os.read(0, 1)
inside()
'''
def outside():
    run(interpreters.create(), code)
outside()
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  const std::string wanted = "<module>:15;outside:14;<module>:5;inside:4";
  EXPECT_EQ(sampled.until(wanted), wanted);
}

// Code objects of the same shape are made and freed again and again; most take an address that another had. Each
// function's name belongs to one file, and to one caller.
TEST_P(SamplerOf, AReusedAddressGivesNoWrongName) {
  RunningScript script(*python_, R"(import os
source = """def %s(n):
    x = 0
    for i in range(n):
        x += i
    return x
%s(10000)
"""
def generation(k):
    name = "fn_%04d" % k
    exec(compile(source % (name, name), "file_%04d" % k, "exec"), {})
os.write(1, b"ready\n")
for k in range(800):
    generation(k)
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  std::set<std::string> generations;
  while (!script.ended() && sampled.tick() != TickOutcome::gone) {
  }
  const model::Profile profile = sampled.finish();
  std::size_t wrong = 0, torn = 0, seen = 0;
  for (const std::uint32_t stack : profile.samples.stack) {
    if (stack == model::kNoIndex) continue;
    const model::StackNode& leaf = profile.stacks[stack];
    const model::ProfileFrame& frame = profile.frames[leaf.frame];
    if (!frame.name.starts_with("fn_")) continue;
    generations.insert(frame.name);
    const model::ProfileFrame& caller = profile.frames[profile.stacks[leaf.parent].frame];
    const std::string number = frame.name.substr(3);
    ++seen;
    if (frame.file != "file_" + number || !caller.file.starts_with("file_") || caller.name != "<module>")
      ++wrong;
    else if (caller.file != frame.file)
      ++torn;
  }
  EXPECT_EQ(wrong, 0U);
  // Not what is tested here, and not never: the program is read as fast as we can while it makes code.
  EXPECT_LE(torn * 100, seen);
  EXPECT_GT(generations.size(), 2U);
}

// Two callers of two functions in turn, as fast as they go, read as fast as we can.
TEST_P(SamplerOf, NoStackIsOfTwoMoments) {
  std::map<std::string, std::size_t> pairs;
  // Where both share one CPU, a whole run may be read at a few places only.
  for (int run = 0; run < 10 && pairs["call_a>leaf_a"] + pairs["call_b>leaf_b"] == 0; ++run) {
    RunningScript script(*python_, R"(import os
def leaf_a():
    x = 1
    return x
def leaf_b():
    y = 2
    return y
def call_a():
    return leaf_a()
def call_b():
    return leaf_b()
os.write(1, b"ready\n")
for i in range(4000000):
    call_a(); call_b()
)");
    ASSERT_EQ(script.read_line(), "ready");
    Sampled sampled(script.pid());
    while (!script.ended() && sampled.tick() != TickOutcome::gone) {
    }
    const model::Profile profile = sampled.finish();
    for (const std::uint32_t stack : profile.samples.stack) {
      if (stack == model::kNoIndex || profile.stacks[stack].parent == model::kNoIndex) continue;
      const model::StackNode& leaf = profile.stacks[stack];
      ++pairs[profile.frames[profile.stacks[leaf.parent].frame].name + ">" + profile.frames[leaf.frame].name];
    }
  }
  EXPECT_GT(pairs["call_a>leaf_a"] + pairs["call_b>leaf_b"], 0U);
  EXPECT_EQ(pairs["call_a>leaf_b"], 0U);
  EXPECT_EQ(pairs["call_b>leaf_a"], 0U);
}

TEST_P(SamplerOf, TheLockIsHeldByOneAndWaitedForByTheOther) {
  RunningScript script(*python_, R"(import os, threading
def spin():
    while True:
        pass
threading.Thread(target=spin, daemon=True).start()
os.write(1, b"ready\n")
spin()
)");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  bool waits = false;
  const auto end = std::chrono::steady_clock::now() + kPatienceLimit;
  std::size_t looked = 0;
  while (!(waits && looked > 200) && std::chrono::steady_clock::now() < end) {
    (void)sampled.tick();
    const auto& samples = sampled.builder().profile().samples;
    for (; looked < samples.state.size(); ++looked) {
      waits = waits || (samples.state[looked] & model::kWaitsForGil) != 0;
      const auto both = model::kWaitsForGil | model::kHoldsGil;
      EXPECT_NE(samples.state[looked] & both, both);
    }
  }
  EXPECT_TRUE(waits);
  // At one moment one thread at most holds it.
  const model::Profile profile = sampled.finish();
  std::map<std::int64_t, int> holders;
  for (std::size_t i = 0; i < profile.samples.time_ns.size(); ++i)
    holders[profile.samples.time_ns[i]] += (profile.samples.state[i] & model::kHoldsGil) != 0 ? 1 : 0;
  std::size_t held = 0;
  for (const auto& [time, count] : holders) {
    EXPECT_LE(count, 1);
    held += count == 1 ? 1 : 0;
  }
  EXPECT_GT(held, 0U);
}

TEST_P(SamplerOf, TheEndOfTheProcessIsNoticed) {
  RunningScript script(*python_, "import os\nos.write(1, b'ready\\n')\nos.read(0, 1)\n");
  ASSERT_EQ(script.read_line(), "ready");
  Sampled sampled(script.pid());
  EXPECT_EQ(sampled.until("<module>:3"), "<module>:3");
  script.write_line();
  EXPECT_EQ(script.wait(), 0);
  EXPECT_EQ(sampled.tick(), TickOutcome::gone);
}

INSTANTIATE_TEST_SUITE_P(Versions, SamplerOf, testing::Range(8, 15),
                         [](const auto& version) { return fmt::format("Python3{}", version.param); });

TEST(PySampler, AnotherProgramIsNotAdopted) {
  Sampled sampled(getpid());
  EXPECT_FALSE(sampled.adopted());
  EXPECT_TRUE(sampled.builder().process(0).unprofiled_reason.empty());
}

}  // namespace
}  // namespace rh::profiles::python
