#include "profiles/jvm/jvm_profiler.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// -XX:+DumpPerfMapAtExit came with JDK 17; an older one would not start with it.
constexpr int kFirstWithPerfMap = 17;
constexpr std::string_view kWriteNames = "-XX:+DumpPerfMapAtExit";

class JvmProfiler : public Profiler {
 public:
  explicit JvmProfiler(ProfileBuilder& builder) : builder_(builder) {}
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
    const std::vector<std::string> options = {"-XX:+UnlockDiagnosticVMOptions", std::string(kWriteNames),
                                              "-XX:+PreserveFramePointer"};
    launch.argv.insert(launch.argv.begin() + 1, options.begin(), options.end());
    return {};
  }

  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override {
    if (image.executable.filename() != "java") return nullptr;
    if (std::find(image.argv.begin(), image.argv.end(), kWriteNames) != image.argv.end()) {
      pids_.push_back(image.pid);
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
  }

 private:
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

std::unique_ptr<Profiler> make_jvm_profiler(const RecordingOptions&, ProfileBuilder& builder) {
  return std::make_unique<JvmProfiler>(builder);
}

}  // namespace rh::profiles
