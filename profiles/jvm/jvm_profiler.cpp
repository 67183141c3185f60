#include "profiles/jvm/jvm_profiler.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "profiles/allocation_source.h"
#include "profiles/jvm/jfr_file.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// -XX:+DumpPerfMapAtExit came with JDK 17; an older one would not start with it.
constexpr int kFirstWithPerfMap = 17;
constexpr std::string_view kWriteNames = "-XX:+DumpPerfMapAtExit";
constexpr std::string_view kRecord = "-XX:StartFlightRecording";
// Nothing but allocations, whose samples say how many bytes each of them stands for.
constexpr std::string_view kRecorded = R"(<?xml version="1.0" encoding="UTF-8"?>
<configuration version="2.0">
  <event name="jdk.ObjectAllocationSample">
    <setting name="enabled">true</setting>
    <setting name="throttle">1000/s</setting>
    <setting name="stackTrace">true</setting>
  </event>
</configuration>
)";

class JvmProfiler : public Profiler {
 public:
  JvmProfiler(const RecordingOptions& options, ProfileBuilder& builder)
      : memory_(options.memory), folder_(options.scratch / "jvm"), builder_(builder) {}
  // The files have been read by then: only those are removed that our option made.
  ~JvmProfiler() override {
    std::error_code ignored;
    for (const int pid : pids_) std::filesystem::remove(fmt::format("/tmp/perf-{}.map", pid), ignored);
  }

  [[nodiscard]] std::string_view name() const override { return "jvm"; }

  // Only a `java` that is started directly: JAVA_TOOL_OPTIONS would reach the others, and be printed by each.
  [[nodiscard]] Result<void> prepare(Launch& launch) override {
    if (launch.argv.empty()) return {};
    // `java` of a distribution is a link to that of the JDK, beside which its `release` lies.
    std::error_code error;
    const auto program = std::filesystem::canonical(launch.executable, error);
    if (error || program.filename() != "java") return {};
    const auto release = read_file(program.parent_path().parent_path() / "release", 1U << 16U);
    if (!release || java_release(*release) < kFirstWithPerfMap) return {};
    std::vector<std::string> options = {"-XX:+UnlockDiagnosticVMOptions", std::string(kWriteNames),
                                        "-XX:+PreserveFramePointer"};
    if (memory_) RH_CHECK(ask_for_allocations(launch.argv, options));
    launch.argv.insert(launch.argv.begin() + 1, options.begin(), options.end());
    return {};
  }

  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override {
    if (image.executable.filename() != "java") return nullptr;
    if (std::find(image.argv.begin(), image.argv.end(), kWriteNames) != image.argv.end()) {
      pids_.push_back(image.pid);
      recorded_ = image.process;
      return nullptr;
    }
    ++unnamed_;
    return nullptr;
  }

  void finish() override {
    if (unnamed_ > 0)
      builder_.say(model::Severity::info, "java-without-names",
                   fmt::format("{} JVM(s) were not started directly as `java` of JDK {} or later: their compiled Java "
                               "has no names",
                               unnamed_, kFirstWithPerfMap),
                   "java");
    if (memory_) add_allocations();
  }

 private:
  [[nodiscard]] std::filesystem::path recording() const { return folder_ / "allocations.jfr"; }

  Result<void> ask_for_allocations(const std::vector<std::string>& argv, std::vector<std::string>& options) {
    const auto own = [](const std::string& argument) { return argument.starts_with(kRecord); };
    // Commas separate its settings.
    if (std::any_of(argv.begin(), argv.end(), own) || folder_.string().find(',') != std::string::npos) return {};
    RH_CHECK(make_directories(folder_));
    RH_CHECK(write_file(folder_ / "allocations.jfc", kRecorded));
    options.emplace_back("-Xlog:jfr+startup=off");  // else it says on standard output that it records
    options.push_back(fmt::format("-XX:FlightRecorderOptions=repository={}", (folder_ / "repository").string()));
    options.push_back(fmt::format("{}=filename={},settings={},dumponexit=true", kRecord, recording().string(),
                                  (folder_ / "allocations.jfc").string()));
    asked_ = true;
    return {};
  }

  void add_allocations() {
    const bool there = asked_ && recorded_ != model::kNoIndex && is_file(recording());
    if (unnamed_ > 0 || (recorded_ != model::kNoIndex && !there))
      builder_.say(
          model::Severity::warning, "java-heap-unknown",
          "what Java allocates is known of a JVM that is started directly as `java` of JDK 17 or later, has no "
          "-XX:StartFlightRecording of its own, and is not killed: this one's is not",
          "--memory");
    if (!there) return;
    const auto bytes = read_file(recording(), kMaxJfrBytes);
    const auto read = bytes ? read_jfr_allocations(*bytes) : Result<JfrAllocations>(Failure{bytes.error()});
    if (!read)
      return builder_.say(model::Severity::warning, "java-heap-unreadable", read.error().message(), "--memory");
    add_allocation_source(builder_.profile().allocations,
                          "Java's Flight Recorder (what was allocated; what of it was held is not told)",
                          "Java: at most 1000 allocations a second are looked at; the recorder takes some tenths of a "
                          "second of CPU time to start");
    add_sites(*read);
  }

  void add_sites(const JfrAllocations& read) {
    std::vector<std::uint64_t> bytes(read.stacks.size());
    for (const JfrAllocation& sample : read.samples) bytes[sample.stack] += sample.bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto own = [](const JfrFrame& frame) { return frame.method.starts_with("jdk.jfr.internal."); };
      const std::vector<JfrFrame>& stack = read.stacks[i];
      if (bytes[i] == 0 || stack.empty() || std::any_of(stack.begin(), stack.end(), own)) continue;
      model::AllocationSite site;
      site.process = recorded_;
      site.stack = model::kNoIndex;
      site.total_bytes = bytes[i];
      for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame)
        site.stack = builder_.stack(
            site.stack, builder_.frame({frame->method, {}, 0, model::FrameKind::native, "java"}), frame->line);
      builder_.profile().allocations.sites.push_back(site);
    }
  }

  bool memory_ = false, asked_ = false;
  std::filesystem::path folder_;
  std::uint32_t recorded_ = model::kNoIndex;  // the process
  ProfileBuilder& builder_;
  std::vector<int> pids_;
  std::size_t unnamed_ = 0;
};

}  // namespace

int java_release(std::string_view release_file) {
  constexpr std::string_view kName = "JAVA_VERSION=\"";
  for (const std::string_view line : split_lines(release_file)) {
    if (!line.starts_with(kName)) continue;
    std::string_view version = line.substr(kName.size());
    if (version.starts_with("1.")) version.remove_prefix(2);
    const auto number = parse_u64(version.substr(0, version.find_first_not_of("0123456789")));
    return number && *number < 1000 ? static_cast<int>(*number) : 0;
  }
  return 0;
}

std::unique_ptr<Profiler> make_jvm_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<JvmProfiler>(options, builder);
}

}  // namespace rh::profiles
