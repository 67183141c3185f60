#include "profiles/go/go_heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "profiles/allocation_source.h"
#include "profiles/environment.h"
#include "profiles/go/pprof_heap.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

namespace fs = std::filesystem;
using model::kNoIndex;

constexpr std::size_t kMaxRecords = 5000;  // test programs of one run
constexpr std::uint64_t kMaxRecordBytes = 256ULL << 20;
constexpr std::uint64_t kMaxGoEnvBytes = 1U << 16U;
constexpr std::size_t kMaxNamesTold = 3;
constexpr std::string_view kAsk = "-test.memprofile=";
constexpr std::string_view kEnding = ".heap";

// `go test -exec` has the flags first and the test's own arguments last, behind which no flag would be read: ours go
// in front, where those of the caller override them. The workers of a fuzz test are left alone: they share arguments.
constexpr std::string_view kScript = R"(#!/bin/sh
program=$1
shift
case " $* " in
*" -test.memprofile="* | *" -test.fuzz="*) exec "$program" "$@" ;;
esac
case $program in
*.test) exec "$program" "-test.memprofile="FOLDER"/$$.heap" -test.memprofilerate=65536 "$@" ;;
esac
exec "$program" "$@"
)";

bool is_toolchain(const fs::path& executable) {
  return executable.filename() == "go" || executable.string().find("/pkg/tool/") != std::string::npos;
}

class GoHeapProfiler : public Profiler {
 public:
  GoHeapProfiler(const RecordingOptions& options, ProfileBuilder& builder)
      : options_(options), builder_(builder), folder_(options.scratch / "go") {}

  [[nodiscard]] std::string_view name() const override { return "go-heap"; }
  [[nodiscard]] Result<void> prepare(Launch& launch) override;
  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override;
  void finish() override;

 private:
  struct Seen {
    std::uint32_t process = 0;
    fs::path executable;
    bool asked = false, told = false;
  };
  [[nodiscard]] std::vector<fs::path> records() const;
  [[nodiscard]] std::uint32_t process_of(const fs::path& file);
  void add(const fs::path& file);
  void say_what_is_missing();

  RecordingOptions options_;
  ProfileBuilder& builder_;
  fs::path folder_;
  std::vector<Seen> seen_;
  std::map<std::string, std::size_t> by_file_;  // index into seen_
  bool left_alone_ = false;
};

Result<void> GoHeapProfiler::prepare(Launch& launch) {
  if (!options_.memory) return {};
  RH_CHECK(make_directories(folder_));
  std::string script(kScript);
  script.replace(script.find("FOLDER"), std::string_view("FOLDER").size(), shell_join({folder_.string()}));
  const fs::path file = folder_ / "go-test";
  RH_CHECK(write_file(file, script));
  std::error_code error;
  fs::permissions(file,
                  fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read |
                      fs::perms::others_exec,
                  error);
  if (error) return fail_errno("make a program of", file.string(), error.value());
  const auto flags = go_flags_with_exec(launch.env, file.string());
  left_alone_ = !flags;
  if (flags) set_variable(launch.env, "GOFLAGS", *flags);
  return {};
}

std::unique_ptr<ProcessSampler> GoHeapProfiler::adopt(const ProcessImage& image) {
  if (!options_.memory) return nullptr;
  Seen seen{image.process, image.executable, false, false};
  const std::string ours = std::string(kAsk) + folder_.string();
  for (const std::string& argument : image.argv)
    if (argument.starts_with(ours)) {
      seen.asked = true;
      by_file_[fs::path(argument.substr(kAsk.size())).filename().string()] = seen_.size();
    }
  seen_.push_back(std::move(seen));
  return nullptr;
}

std::vector<fs::path> GoHeapProfiler::records() const {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == kEnding && files.size() < kMaxRecords) files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  return files;
}

// The script named the file by its own number, which exec kept.
std::uint32_t GoHeapProfiler::process_of(const fs::path& file) {
  if (const auto at = by_file_.find(file.filename().string()); at != by_file_.end()) {
    seen_[at->second].told = true;
    return seen_[at->second].process;
  }
  if (!options_.follow_children) return kNoIndex;
  model::ProfileProcess process;
  process.pid = static_cast<int>(parse_u64(file.stem().string()).value_or(0));
  process.command = "test program of go test";
  process.unprofiled_reason = "the process ended before it was seen";
  process.cpu = model::CpuFigure::unknown(process.unprofiled_reason);
  process.peak_rss = model::BytesFigure::unknown(process.unprofiled_reason);
  return builder_.add_process(std::move(process));
}

void GoHeapProfiler::add(const fs::path& file) {
  const auto bytes = read_file(file, kMaxRecordBytes);
  if (bytes && bytes->empty()) return;  // it was ended before it could write
  const std::uint32_t process = process_of(file);
  if (process == kNoIndex) return;
  const auto added = bytes ? add_pprof_heap(*bytes, process, builder_) : Result<void>(Failure{bytes.error()});
  if (!added)
    return builder_.say(model::Severity::warning, "go-heap-unreadable", added.error().message(), file.string());
  add_allocation_source(builder_.profile().allocations, "the heap profile of Go's tests (held: at their end)",
                        "Go: one allocation in 64 KiB is looked at, by Go's own runtime");
}

void GoHeapProfiler::say_what_is_missing() {
  std::size_t silent = 0, others = 0;
  bool tests = false;
  std::string names;
  for (const Seen& seen : seen_) {
    if (seen.asked && !seen.told) ++silent;
    const bool go = builder_.process(seen.process).runtime.starts_with("Go ");
    if (seen.asked || !go || is_toolchain(seen.executable)) continue;
    tests = tests || seen.executable.extension() == ".test";
    if (++others <= kMaxNamesTold) names += (names.empty() ? "" : ", ") + seen.executable.filename().string();
  }
  if (silent > 0)
    builder_.say(model::Severity::info, "go-heap-missing",
                 fmt::format("{} test program(s) of Go wrote no heap profile: a signal, a panic or os.Exit ended them "
                             "before their tests had",
                             silent),
                 "--memory");
  if (others > 0)
    builder_.say(model::Severity::warning, "go-heap-unknown",
                 fmt::format("the heap of {} Go program(s) ({}{}) cannot be read from outside, only its size is in the "
                             "curve of the memory{}; let it call pprof.WriteHeapProfile of runtime/pprof, or record "
                             "its tests: runharness profile --memory -- go test ./...",
                             others, to_valid_utf8(names), others > kMaxNamesTold ? ", ..." : "",
                             tests || left_alone_
                                 ? " (test programs are left alone where GOFLAGS or the command line have an -exec or "
                                   "-memprofile, GOOS or GOARCH are set, or they fuzz)"
                                 : ""),
                 "--memory");
}

void GoHeapProfiler::finish() {
  if (!options_.memory) return;
  for (const fs::path& file : records()) add(file);
  say_what_is_missing();
}

}  // namespace

std::string go_flags(const std::vector<std::string>& environment) {
  if (const auto own = variable(environment, "GOFLAGS")) return *own;
  fs::path file = variable(environment, "GOENV").value_or("");
  if (file == "off") return {};
  if (file.empty()) {
    const std::string home = variable(environment, "HOME").value_or("");
    const std::string config = variable(environment, "XDG_CONFIG_HOME").value_or(home.empty() ? "" : home + "/.config");
    if (config.empty()) return {};
    file = fs::path(config) / "go/env";
  }
  const std::string text = read_file(file, kMaxGoEnvBytes).value_or("");
  constexpr std::string_view kName = "GOFLAGS=";
  for (const std::string_view line : split_lines(text))
    if (line.starts_with(kName)) return std::string(trim(line.substr(kName.size())));
  return {};
}

std::optional<std::string> go_flags_with_exec(const std::vector<std::string>& environment, const std::string& program) {
  for (const std::string_view system : {"GOOS", "GOARCH"})
    if (!variable(environment, system).value_or("").empty()) return std::nullopt;
  const std::string own = go_flags(environment);
  if (own.find("-exec") != std::string::npos) return std::nullopt;
  // Words are separated by spaces; one with spaces stands in quotes of one kind, which cannot be escaped.
  const std::string_view quote = program.find('\'') == std::string::npos ? "'" : "\"";
  return fmt::format("{}{}{}-exec={}{}", own, own.empty() ? "" : " ", quote, program, quote);
}

std::unique_ptr<Profiler> make_go_heap_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<GoHeapProfiler>(options, builder);
}

}  // namespace rh::profiles
