#include "runner/engine/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "collectors/sampling/sampler.h"
#include "runner/base/beneath.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/remove_tree.h"
#include "runner/base/text.h"
#include "runner/engine/fold.h"

namespace rh::engine {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxLogBytes = 4ULL << 30;

// Makes <root>/.runharness invisible to git without touching the repository's own files. A repository
// may bring links there, and suites are let into some of these folders: none may lead elsewhere.
Result<void> make_state_folder(const fs::path& repository_root) {
  RH_TRY(const Beneath root, Beneath::open(repository_root));
  for (const char* folder : {".runharness/runs", ".runharness/cache"}) RH_CHECK(root.make_folders(folder));
  if (root.open_regular(".runharness/.gitignore")) return {};
  return root.write(".runharness/.gitignore", "*\n");
}

// A folder that an earlier run filled is used again: what that run wrote goes, everything else stays.
// A run that is still being written holds a lock on its event log.
Result<void> clear_earlier_run(const fs::path& folder) {
  const fs::path log = folder / "events.jsonl";
  const UniqueFd fd(::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return {};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorKind::usage, "start a run here: another run is writing to this folder; name another --out",
                folder.string());
  for (const char* name : {"events.jsonl", "samples.bin", "suites", "support"}) RH_CHECK(remove_tree(folder / name));
  return {};
}

Result<RunPaths> make_folders(const fs::path& repository_root, const fs::path& out, const model::RunId& id,
                              const fs::path& fallback_state) {
  RunPaths paths;
  paths.state = repository_root / ".runharness";
  Result<void> made = make_state_folder(repository_root);
  if (made && ::access(paths.state.c_str(), W_OK) != 0) made = fail_errno("write to the folder", paths.state.string());
  if (!made) {
    const int cause = made.error().sys_errno;
    if (out.empty() && cause != EACCES && cause != EROFS && cause != EPERM && cause != ELOOP)
      return Failure{made.error()};
    paths.state = fallback_state;
    paths.state_problem = made.error().message();
    RH_CHECK(make_directories(paths.state));
  }
  paths.run = !out.empty()                  ? out
              : paths.state_problem.empty() ? paths.state / "runs" / id.value
                                            // The temporary state goes with the run; its reports must not.
                                            : fallback_state.parent_path() / ("runharness-" + id.value);
  RH_CHECK(clear_earlier_run(paths.run));
  RH_CHECK(make_directories(paths.run));
  // A link on the way is followed now or never: suites may replace it.
  std::error_code code;
  paths.run = fs::canonical(paths.run, code);
  if (code) return fail_errno("find the run folder", out.string(), code.value());
  paths.support = paths.run / "support";
  RH_CHECK(make_directories(paths.support));
  return paths;
}

}  // namespace

model::RunId make_run_id() {
  std::uint8_t bytes[16] = {};
  // getrandom of 16 bytes neither blocks nor fails on kernels this runs on.
  [[maybe_unused]] const ssize_t got = ::getrandom(bytes, sizeof bytes, 0);
  auto milliseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<Milliseconds>(wall_now().time_since_epoch()).count());
  for (int i = 5; i >= 0; --i, milliseconds >>= 8) bytes[i] = static_cast<std::uint8_t>(milliseconds & 0xFF);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x70);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return {text};
}

Result<RunPaths> make_run_folders(const fs::path& repository_root, const fs::path& out, const model::RunId& id,
                                  const fs::path& fallback_state) {
  auto paths = make_folders(repository_root, out, id, fallback_state);
  if (paths || paths.error().kind != ErrorKind::io) return paths;
  // A disk that is full or read-only is not the caller's wrong usage: it has an exit code of its own.
  Error problem = paths.error();
  problem.kind = ErrorKind::internal;
  return Failure{std::move(problem)};
}

Result<void> write_support_files(const std::vector<adapters::SupportFile>& files, const fs::path& folder) {
  for (const adapters::SupportFile& file : files) {
    const fs::path path = folder / file.name;  // a name may lead into a subfolder
    RH_CHECK(make_directories(path.parent_path()));
    RH_CHECK(write_file(path, file.contents));
  }
  return {};
}

Result<void> append_samples(const fs::path& file, const model::SampleSeries& series) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("open the samples file", file.string());
  return write_all(fd, collectors::encode_series(series), file.string());
}

Result<fs::path> find_run(const fs::path& repository_root, const std::string& name) {
  if (is_file(fs::path(name) / "events.jsonl")) return fs::absolute(fs::path(name));
  const fs::path runs = repository_root / ".runharness/runs";
  if (name != "latest") {
    if (is_file(runs / name / "events.jsonl")) return runs / name;
    return fail(ErrorKind::not_found, "find the run: it is neither a run directory nor an id in " + runs.string(),
                name);
  }
  std::vector<fs::path> found;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(runs, code))
    if (is_file(entry.path() / "events.jsonl")) found.push_back(entry.path());
  if (found.empty()) return fail(ErrorKind::not_found, "find the latest run: there is none", runs.string());
  return *std::max_element(found.begin(), found.end());
}

Result<model::RunReport> load_run(const fs::path& run_directory) {
  RH_TRY(const std::string log, read_file(run_directory / "events.jsonl", kMaxLogBytes));
  ReportFold fold;
  std::size_t number = 0;
  for (const std::string_view line : split_lines(log)) {
    ++number;
    auto event = reporters::decode_event(line);
    if (event) {
      fold.apply(*event);
      continue;
    }
    // The last line of a killed run may be cut; an event log that starts with damage is no log.
    if (number == 1)
      return Failure{Error{ErrorKind::parse, event.error().what,
                           fmt::format("{}:1", (run_directory / "events.jsonl").string()), 0}};
    fold.apply(model::DiagnosticRaised{
        {model::Severity::warning,
         "event-log-damaged",
         fmt::format("line {} of the event log was not understood: {}", number, event.error().what),
         "events.jsonl",
         {}}});
  }
  if (auto samples = read_file(run_directory / "samples.bin", kMaxLogBytes)) {
    if (auto series = collectors::decode_series(*samples))
      for (model::SampleSeries& each : *series) fold.add_series(std::move(each));
  }
  return fold.report();
}

}  // namespace rh::engine
