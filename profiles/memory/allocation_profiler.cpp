#include "profiles/memory/allocation_profiler.h"

#include <fmt/core.h>

#include <algorithm>

#include "profiles/allocation_source.h"
#include "profiles/environment.h"
#include "profiles/memory/allocation_record.h"
#include "profiles/thread_cpu.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"

RH_EMBEDDED(rh_allocations_so)
RH_EMBEDDED(rh_sitecustomize_py)

namespace rh::profiles {
namespace {

using model::kNoIndex;

constexpr std::size_t kMaxRecords = 20'000;

struct SeenProcess {
  int inner_pid = 0;
  std::uint32_t process = 0;
  bool python = false;
};

class AllocationProfiler : public Profiler {
 public:
  AllocationProfiler(const RecordingOptions& options, ProfileBuilder& builder)
      : options_(options), builder_(builder), folder_(options.scratch / "allocations") {}

  [[nodiscard]] std::string_view name() const override { return "allocations"; }

  [[nodiscard]] Result<void> prepare(Launch& launch) override {
    if (!options_.memory) return {};
    RH_CHECK(make_directories(folder_));
    RH_CHECK(write_file(folder_ / "sitecustomize.py", RH_EMBEDDED_TEXT(rh_sitecustomize_py)));
    RH_CHECK(write_file(folder_ / "rh_allocations.so", RH_EMBEDDED_TEXT(rh_allocations_so)));
    const std::string own = variable(launch.env, "PYTHONPATH").value_or("");
    set_variable(launch.env, "PYTHONPATH", folder_.string() + (own.empty() ? "" : ":" + own));
    return {};
  }

  // Others read the stacks of the process: this one only remembers it.
  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override {
    if (!options_.memory) return nullptr;
    const int inner = inner_id(fmt::format("/proc/{}/status", image.pid), image.pid);
    const bool python = image.executable.filename().string().starts_with("python");
    seen_.push_back({inner, image.process, python});
    return nullptr;
  }

  void finish() override {
    if (!options_.memory) return;
    for (const auto& file : records()) add_record(file);
    say_what_is_missing();
  }

 private:
  [[nodiscard]] std::vector<std::filesystem::path> records() {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error))
      if (entry->path().extension() == ".allocations" && files.size() < kMaxRecords) files.push_back(entry->path());
    std::sort(files.begin(), files.end());
    return files;
  }

  // The process that had this number when the record was begun; made if it ended before it was seen.
  [[nodiscard]] std::uint32_t process_of(const AllocationRecord& record) {
    std::uint32_t best = kNoIndex;
    for (const SeenProcess& seen : seen_) {
      if (seen.inner_pid != record.pid) continue;
      const std::int64_t start = builder_.profile().processes[seen.process].start_ns + builder_.started_ns();
      if (best == kNoIndex || start <= record.begun_ns) best = seen.process;
    }
    if (best != kNoIndex || !options_.follow_children) return best;
    model::ProfileProcess process;
    process.pid = record.pid;
    process.command = record.command;
    process.runtime = "CPython " + record.version;
    process.unprofiled_reason = "the process ended before it was seen";
    process.start_ns = process.end_ns = record.begun_ns - builder_.started_ns();
    process.cpu = model::CpuFigure::unknown(process.unprofiled_reason);
    process.peak_rss = model::BytesFigure::unknown(process.unprofiled_reason);
    return builder_.add_process(std::move(process));
  }

  void add_record(const std::filesystem::path& file) {
    const auto text = read_file(file, kMaxAllocationRecordBytes);
    const auto record = text ? read_allocation_record(*text) : Result<AllocationRecord>(Failure{text.error()});
    if (!record)
      return builder_.say(model::Severity::warning, "allocations-unreadable", record.error().message(), file);
    const std::uint32_t process = process_of(*record);
    if (process == kNoIndex) return;  // a child that is not to be followed
    recorded_.push_back(process);
    add_sites(*record, process);
    lost_ += record->lost;
    add_allocation_source(builder_.profile().allocations,
                          "Python's allocators, sampled (held: when the heap was the largest)",
                          "Python: one byte in 64 KiB is looked at with its stack; programs that do nothing but "
                          "allocate ran 1.5 times as long where it was measured (CPython 3.11)");
  }

  void add_sites(const AllocationRecord& record, std::uint32_t process) {
    std::vector<std::uint32_t> frames;
    for (const AllocationFrame& frame : record.frames)
      frames.push_back(builder_.frame({frame.function, frame.file, frame.first_line, model::FrameKind::python, {}}));
    const std::string own_file = (folder_ / "sitecustomize.py").string();
    for (const AllocationRecordSite& site : record.sites) {
      if (!site.frames.empty() && record.frames[site.frames.back()].file == own_file) continue;
      std::uint32_t stack = kNoIndex;
      for (const std::uint32_t at : site.frames) stack = builder_.stack(stack, frames[at], record.frames[at].line);
      if (stack == kNoIndex)
        stack =
            builder_.stack(stack, builder_.frame({"(no Python function)", {}, 0, model::FrameKind::runtime, {}}), 0);
      builder_.profile().allocations.sites.push_back(
          {process, stack, site.live_bytes, site.live_count, site.total_bytes});
    }
  }

  void say_what_is_missing() {
    std::size_t without = 0;
    for (const SeenProcess& seen : seen_)
      without += seen.python && std::count(recorded_.begin(), recorded_.end(), seen.process) == 0 ? 1 : 0;
    if (without > 0)
      builder_.say(model::Severity::info, "allocations-missing",
                   fmt::format("{} Python process(es) recorded no allocations: started with -I, -E or -S or without "
                               "PYTHONPATH, older than 3.8, without a global lock, or killed in their first second",
                               without),
                   "--memory");
    if (lost_ > 0)
      builder_.say(model::Severity::warning, "allocations-lost",
                   fmt::format("{} sampled allocations did not fit into the table of those that live", lost_),
                   "--memory");
  }

  RecordingOptions options_;
  ProfileBuilder& builder_;
  std::filesystem::path folder_;
  std::vector<SeenProcess> seen_;
  std::vector<std::uint32_t> recorded_;
  std::uint64_t lost_ = 0;
};

}  // namespace

std::unique_ptr<Profiler> make_allocation_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<AllocationProfiler>(options, builder);
}

}  // namespace rh::profiles
