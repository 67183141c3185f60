#include <gtest/gtest.h>

#include "profiles/memory/allocation_profiler.h"
#include "profiles/memory/allocation_record.h"
#include "tests/unit/profiles/python/interpreters.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

const std::string kHead = "process\t12\t3\t500\t3.11.7\tpython x.py\nheap\t4096\t7\t0\n";

TEST(AllocationRecord, ReadsFramesAndSites) {
  const auto record =
      read_allocation_record(kHead +
                             "frame\t1\t9\t<module>\t/x\\ty.py\nsite\t10\t2\t30\t0\nframe\t3\t4\tf\t/x.py\n"
                             "site\t4096\t1\t4096\t0 1\nsite\t5\t1\t5\t\ndone\n");
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(record->pid, 12);
  EXPECT_EQ(record->command, "python x.py");
  EXPECT_EQ(record->begun_ns, 500);
  EXPECT_EQ(record->peak_bytes, 4096U);
  ASSERT_EQ(record->frames.size(), 2U);
  EXPECT_EQ(record->frames[0].file, "/x\ty.py");
  EXPECT_EQ(record->frames[1].first_line, 3U);
  ASSERT_EQ(record->sites.size(), 3U);
  EXPECT_EQ(record->sites[1].frames, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(record->sites[2].frames.empty());
  EXPECT_EQ(record->sites[0].total_bytes, 30U);
}

TEST(AllocationRecord, NamesTheLineThatIsWrong) {
  const auto problem = [](const std::string& text) {
    const auto record = read_allocation_record(text);
    return record ? std::string("none") : record.error().message();
  };
  EXPECT_NE(problem(kHead + "site\t1\t1\t1\t0\ndone\n").find("line 3 names a frame that does not exist"),
            std::string::npos);
  EXPECT_NE(problem(kHead + "frame\t1\tx\tf\tg\ndone\n").find("line 3 has no number in field 3"), std::string::npos);
  EXPECT_NE(problem(kHead + "frame\t1\t2\tf\ndone\n").find("no function and file"), std::string::npos);
  EXPECT_NE(problem(kHead).find("not complete"), std::string::npos);
  EXPECT_NE(problem(kHead + "done\nmore\n").find("goes on after its end"), std::string::npos);
  EXPECT_NE(problem("hello\n").find("unknown kind"), std::string::npos);
}

std::uint64_t live_below(const model::Profile& profile, std::string_view stack_end) {
  std::uint64_t bytes = 0;
  for (const model::AllocationSite& site : profile.allocations.sites)
    if (stack_text(profile, site.stack).find(stack_end) != std::string::npos) bytes += site.live_bytes;
  return bytes;
}

class PythonAllocations : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    python_ = python::python_of(GetParam());
    if (python_ == nullptr) GTEST_SKIP() << "no CPython 3." << GetParam();
    options_.memory = true;
  }
  void script(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_.path() / name, text));
  }

  const python::FoundPython* python_ = nullptr;
  RecordingOptions options_;
  TempDir folder_ = TempDir::make("allocations ").value();
};

TEST_P(PythonAllocations, AreThoseThatLivedAtThePeak) {
  script(
      "main.py",
      "def short():\n    return bytearray(30000000)\n\ndef after():\n    return bytearray(10000000)\n\n"
      "def many():\n    made = []\n    for i in range(200000):\n        made.append(b'%0100d' % i)\n    return made\n\n"
      "kept = many()\nshort()\nlast = after()\n");
  const auto seen = record_program({python_->path, "main.py"}, folder_.path(), options_);
  EXPECT_EQ(seen.status.exit_code, 0) << seen.output;
  EXPECT_EQ(seen.output, "");
  // Far larger than what lies between two samples: seen for certain, and with its size.
  EXPECT_NEAR(static_cast<double>(live_below(seen.profile, "<module>:14;short:2")), 30e6, 1e3);
  EXPECT_EQ(live_below(seen.profile, "after:5"), 0U) << "made when the heap was smaller";
  // 200,000 objects of 133 bytes: some 400 samples, so that 40 % is eight times their standard error.
  EXPECT_NEAR(static_cast<double>(live_below(seen.profile, "<module>:13;many:10")), 27e6, 11e6);
  EXPECT_FALSE(seen.profile.allocations.overhead.empty());
}

TEST_P(PythonAllocations, ProgramsRunAsTheyWould) {
  script("sitecustomize.py", "import sys\nsys.seen = True\n");
  script("main.py",
         "import multiprocessing, os, sys\n"
         "def child():\n    global kept\n    kept = bytearray(20000000)\n\n"
         "if __name__ == '__main__':\n"
         "    print(sys.seen, len(sys.path), sys.path[1], 'rh_allocations' in sys.modules)\n"
         "    process = multiprocessing.get_context('fork').Process(target=child)\n"
         "    process.start(); process.join(); print(process.exitcode)\n"
         "    sys.exit(7)\n");
  const std::vector<std::string> environment = {"PYTHONPATH=" + folder_.path().string()};
  const auto plain = plain_program({python_->path, "main.py"}, folder_.path(), environment);
  const auto seen = record_program({python_->path, "main.py"}, folder_.path(), options_, environment);
  EXPECT_EQ(seen.output, plain.output);
  EXPECT_EQ(seen.status.exit_code, 7);
  EXPECT_NEAR(static_cast<double>(live_below(seen.profile, "child:4")), 20e6, 1e3);
}

TEST_P(PythonAllocations, OfAnIsolatedPythonAreNotKnown) {
  const auto seen = record_program({python_->path, "-I", "-c", "kept = [0] * 1000000"}, folder_.path(), options_);
  EXPECT_EQ(seen.status.exit_code, 0) << seen.output;
  EXPECT_TRUE(seen.profile.allocations.sites.empty());
}

TEST(AllocationProfiler, SaysWhichProcessesRecordedNothing) {
  const TempDir scratch = TempDir::make("allocations ").value();
  RecordingOptions options;
  options.memory = true;
  options.scratch = scratch.path();
  ProfileBuilder builder(0);
  const auto profiler = make_allocation_profiler(options, builder);
  Launch launch;
  launch.env = {"PYTHONPATH=/own"};
  ASSERT_TRUE(profiler->prepare(launch));
  EXPECT_EQ(launch.env,
            (std::vector<std::string>{"PYTHONPATH=" + (scratch.path() / "allocations").string() + ":/own"}));
  ProcessImage image;
  image.pid = 4711;
  image.executable = "/usr/bin/python3.11";
  image.process = builder.add_process({});
  EXPECT_EQ(profiler->adopt(image), nullptr);
  EXPECT_EQ(builder.process(0).profiler, "") << "its stacks are another's";
  profiler->finish();
  EXPECT_TRUE(says(builder.profile(), "allocations-missing"));
}

INSTANTIATE_TEST_SUITE_P(Version, PythonAllocations, ::testing::Range(8, 14));

}  // namespace
}  // namespace rh::profiles
