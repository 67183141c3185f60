// Group C of the corpus, memory: more than was given, also where it does not show in any process.
#include <mqueue.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;
using model::Scope;

constexpr std::uint64_t kMebibyte = 1U << 20;
std::string mebibytes(std::uint64_t count) { return std::to_string(count * kMebibyte); }

Shape memory_limit(std::uint64_t mebibytes) {
  return [=](sandbox::LaunchSpec& spec) {
    spec.limits.memory_bytes = mebibytes * kMebibyte;
    spec.limits.tmp_bytes = 512 * kMebibyte;
  };
}

// By the kernel's own limit, or by a watchdog, and then the report says so.
void expect_ended_by_memory(const Ran& ran, std::uint64_t limit_mebibytes) {
  EXPECT_EQ(ran.record.ending, Ending::memory) << ran.everything();
  EXPECT_FALSE(ran.record.ending_detail.empty());
  const auto peak = static_cast<double>(ran.record.usage.peak_memory.value.value_or(0));
  const auto limit = static_cast<double>(limit_mebibytes * kMebibyte);
  EXPECT_GE(peak, limit * 0.99) << ran.everything();
  if (column() == Column::root) {
    EXPECT_LE(peak, limit * 1.05) << ran.everything();
    EXPECT_GE(ran.record.oom_kills.value_or(0), 1U);
    return expect_enforced(ran, "memory limit");
  }
  expect_admitted(ran, "memory limit");
  EXPECT_EQ(row(ran, "memory limit").detail, "watchdog every 1 to 20 ms");
  EXPECT_NE(ran.record.usage.peak_memory.scope, Scope::exact_process);
}

TEST_F(Corpus, C01_OneProcessTouchesMoreThanItsLimit) {
  EXPECT_EQ(uncaged("touch", {mebibytes(384)}).code(), 0);
  const Ran ran = caged("touch", {mebibytes(384)}, memory_limit(64));
  expect_ended_by_memory(ran, 64);
  EXPECT_EQ(ran.out, "") << "it has not come to its end";
}

TEST_F(Corpus, C02_ManyProcessesTouchMoreThanTheLimitOfAll) {
  EXPECT_EQ(uncaged("family", {"20", mebibytes(8)}).said("family"), "ok");
  const Ran ran = caged("family", {"20", mebibytes(8)}, memory_limit(64));
  expect_ended_by_memory(ran, 64);
  EXPECT_NE(ran.said("family"), "ok");
}

TEST_F(Corpus, C03_SharedPagesCountOnce) {
  EXPECT_EQ(uncaged("share", {"100", mebibytes(50)}).said("share"), "ok");
  const Ran ran = caged("share", {"100", mebibytes(50)}, memory_limit(100));
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.said("share"), "ok") << "100 times 50 MiB are 50 MiB";
}

TEST_F(Corpus, C04_FilesInMemoryThatNobodyMaps) {
  const fs::path named = "/dev/shm/rh-escape-" + std::to_string(getpid());
  for (const std::string& where : {std::string("memfd"), named.string()}) {
    const Ran control = uncaged("hoard", {where, mebibytes(192), "0"});
    EXPECT_EQ(control.said("hoard " + where), "ok");
    fs::remove(named);
    const Ran ran = caged("hoard", {where, mebibytes(192), "3000"}, memory_limit(64));
    expect_ended_by_memory(ran, 64);
    EXPECT_NE(ran.said("hoard " + where), "ok");
    fs::remove(named);  // where /dev/shm is the host's own
  }
}

std::size_t segments_of_the_host() {
  const std::string list = read_file("/proc/sysvipc/shm").value_or("");
  return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
}

TEST_F(Corpus, C05_LeavesASharedMemorySegment) {
  const std::size_t before = segments_of_the_host();
  const Ran control = uncaged("segment", {mebibytes(1)});
  EXPECT_EQ(control.said("segment"), "ok");
  EXPECT_EQ(segments_of_the_host(), before + 1);
  EXPECT_EQ(shmctl(std::stoi(control.said("id")), IPC_RMID, nullptr), 0);

  const Ran ran = caged("segment", {mebibytes(1)});
  EXPECT_EQ(ran.said("segment"), "ok") << "programs use them, so they work";
  if (column() == Column::no_userns) {
    shmctl(std::stoi(ran.said("id")), IPC_RMID, nullptr);
    return expect_admitted(ran, "ipc and host name");
  }
  EXPECT_EQ(segments_of_the_host(), before);
}

// Removes the queues with this name, and says how many there were.
int remove_queues(const std::string& name) {
  int count = 0;
  while (mq_unlink((name + std::to_string(count)).c_str()) == 0) ++count;
  return count;
}

TEST_F(Corpus, C06_FillsMessageQueues) {
  const std::string name = "/rh-escape-" + std::to_string(getpid()) + "-";
  const Ran control = uncaged("queues", {name});
  if (control.said("made") == "0") GTEST_SKIP() << "no message queue can be made here: " << control.said("next queue");
  EXPECT_EQ(remove_queues(name), std::stoi(control.said("made"))) << "without a sandbox they stay";
  const Ran ran = caged("queues", {name});
  const int left = remove_queues(name);
  // RLIMIT_MSGQUEUE bounds them. Landlock lets none be opened for writing, but an empty one is made by then.
  EXPECT_EQ(ran.said("next queue"), expected("EMFILE", "EACCES")) << ran.everything();
  EXPECT_LE(std::stoi(ran.said("made")), std::stoi(control.said("made")));
  if (column() == Column::no_userns) return expect_admitted(ran, "ipc and host name");
  EXPECT_EQ(left, 0);
}

TEST_F(Corpus, C07_FloodsThePageCache) {
  // All holes: their pages are read into the cache like others. 16 times the limit.
  const fs::path first = workspace() / "first", second = workspace() / "second";
  for (const fs::path& path : {first, second}) {
    ASSERT_TRUE(write_file(path, ""));
    fs::resize_file(path, 256 * kMebibyte);
  }
  EXPECT_EQ(uncaged("read_through", {first}).said("read"), mebibytes(256));
  const Ran ran = caged("read_through", {second}, memory_limit(16));
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.said("read"), mebibytes(256));
  const model::BytesFigure& peak = ran.record.usage.peak_memory;
  if (column() == Column::root) {
    EXPECT_EQ(peak.reason, "includes page cache") << "the figure says that it is not the processes' own";
    EXPECT_GE(peak.value.value_or(0), 12 * kMebibyte) << "the cache has come up to the limit";
  } else {
    EXPECT_LE(peak.value.value_or(0), 8 * kMebibyte);
  }
}

TEST_F(Corpus, C08_ChildIsKilledForItsMemoryAndAllPassed) {
  const Ran control = uncaged("victim_child", {mebibytes(192)});
  EXPECT_EQ(control.said("child"), "ok");
  const Ran ran = caged("victim_child", {mebibytes(192)}, memory_limit(64));
  EXPECT_EQ(ran.record.ending, Ending::memory) << "whatever it says of itself: " << ran.everything();
  if (column() != Column::root) return expect_admitted(ran, "memory limit");
  EXPECT_EQ(control.said("all"), "passed");
  EXPECT_EQ(ran.record.oom_kills, 1U);
}

TEST_F(Corpus, C09_AddressSpaceIsNoMemory) {
  const std::string reserved = std::to_string(std::uint64_t{64} << 30);
  EXPECT_EQ(uncaged("reserve", {reserved}).said("reserve"), "ok");
  const Ran ran = caged("reserve", {reserved}, memory_limit(256));
  EXPECT_EQ(ran.said("reserve"), "ok") << ran.everything();
  EXPECT_EQ(ran.record.ending, Ending::exited);
}

TEST_F(Corpus, C09_RuntimesWithALargeAddressSpaceStart) {
  const std::vector<Words> runtimes{{"/usr/bin/node", "-e", "console.log('up')"},
                                    {"/usr/local/go/bin/go", "version"},
                                    {"/usr/bin/java", "-Xshare:auto", "-version"}};
  int found = 0;
  for (const Words& words : runtimes) {
    if (access(words[0].c_str(), X_OK) != 0) {
      std::printf("[ MISSING  ] %s is not on this machine\n", words[0].c_str());
      continue;
    }
    ++found;
    EXPECT_EQ(uncaged_command(words).code(), 0) << words[0];
    sandbox::LaunchSpec asked = spec(words);
    memory_limit(256)(asked);
    const Ran ran = run(asked);
    EXPECT_EQ(ran.code(), 0) << words[0] << ": " << ran.everything();
  }
  if (found == 0) GTEST_SKIP() << "none of node, go and java is on this machine";
}

TEST_F(Corpus, C10_SwapIsLimitedOrTheReportSaysThatItIsNot) {
  bool accounted = false;
  std::string with_swap;
  sandbox::SuperviseHooks hooks;
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    if (tree.memory_cgroup.empty()) return;
    const fs::path file = tree.memory_cgroup / (tree.cgroup_v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
    accounted = fs::exists(file);
    with_swap = text_of(file);
  };
  sandbox::LaunchSpec asked = probe_spec("exit", {"0"});
  asked.limits.memory_bytes = 64 * kMebibyte;
  const Ran ran = run(asked, hooks);
  if (column() != Column::root) return expect_admitted(ran, "memory limit");
  if (accounted) {
    EXPECT_TRUE(with_swap == mebibytes(64) + "\n" || with_swap == "0\n") << with_swap;
    return expect_enforced(ran, "memory limit");
  }
  expect_admitted(ran, "memory limit");
  EXPECT_NE(row(ran, "memory limit").reason.find("swap"), std::string::npos);
}

TEST_F(Corpus, C11_OfferedAndLockedPagesCount) {
  for (const char* how : {"free", "lock"}) {
    EXPECT_EQ(uncaged("touch", {mebibytes(192), how}).code(), 0);
    const Ran ran = caged("touch", {mebibytes(192), how}, memory_limit(64));
    expect_ended_by_memory(ran, 64);
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(Corpus, C19_SpikeOfFiveMillisecondsIsSeen) {
  EXPECT_EQ(uncaged("spike", {mebibytes(256), "5"}).code(), 0);
  const Ran ran = caged("spike", {mebibytes(256), "5"});
  const model::BytesFigure& peak = ran.record.usage.peak_memory;
  ASSERT_TRUE(peak.value) << peak.reason;
  EXPECT_NEAR(static_cast<double>(*peak.value), 256.0 * kMebibyte, 0.02 * 256 * kMebibyte) << peak.source;
  if (column() == Column::root)
    EXPECT_EQ(peak.scope, Scope::exact_process);
  else
    EXPECT_NE(peak.scope, Scope::exact_process) << "the whole tree is not in it";
}

}  // namespace
}  // namespace rh::escape
