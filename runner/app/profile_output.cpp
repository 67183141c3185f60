#include "runner/app/profile_output.h"

#include <unistd.h>

#include <set>

#include <fmt/core.h>

#include "profiles/export/exporter.h"
#include "reporters/profile/html.h"
#include "reporters/profile/json.h"
#include "reporters/profile/text.h"
#include "runner/app/workspace.h"
#include "runner/base/file.h"
#include "runner/engine/caller_secrets.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSourceFiles = 64;
constexpr std::uint64_t kMaxSourceBytes = 1U << 20;

// The texts of the files with the most time of their own, without the caller's secrets.
std::vector<model::SourceText> hot_sources(const model::Profile& profile, const model::ProfileSummary& summary) {
  const auto secrets = engine::caller_secrets(engine::current_environment(), engine::RunOptions{});
  std::vector<model::SourceText> texts;
  std::set<std::string> seen;
  for (const model::FunctionSummary& function : summary.functions) {
    const model::ProfileFrame& frame = profile.frames.at(function.frame);
    if (frame.file.empty() || frame.file.front() == '<' || !seen.insert(frame.file).second) continue;
    if (texts.size() == kMaxSourceFiles) break;
    model::SourceText source{frame.file, {}, {}};
    auto text = read_file(fs::path(profile.cwd) / frame.file, kMaxSourceBytes);
    if (text)
      source.text = secrets ? secrets->redact(*text) : *std::move(text);
    else
      source.reason = text.error().message();
    texts.push_back(std::move(source));
  }
  return texts;
}

// The file asked for by the flag of an export.
std::string asked_file(const CommandLine& line, std::string_view exporter) {
  constexpr std::pair<std::string_view, std::string CommandLine::*> kFiles[] = {
      {"collapsed", &CommandLine::collapsed}, {"speedscope", &CommandLine::speedscope}, {"pprof", &CommandLine::pprof},
      {"firefox", &CommandLine::firefox},     {"chrome", &CommandLine::chrome},
  };
  for (const auto& [name, member] : kFiles)
    if (name == exporter) return line.*member;
  return {};
}

std::vector<fs::path> files_for(const std::string& asked, const std::string& folder, const char* name) {
  std::vector<fs::path> files;
  if (!asked.empty()) files.emplace_back(asked);
  if (!folder.empty()) files.push_back(fs::path(folder) / name);
  return files;
}

bool write_files(const CommandLine& line, const model::Profile& profile, const model::ProfileSummary& summary) {
  bool good = true;
  if (!line.out_dir.empty())
    if (const auto made = make_directories(line.out_dir); !made) {
      print_error(fmt::format("runharness: {}\n", made.error().message()));
      return false;
    }
  for (const fs::path& file : files_for(line.json_file, line.out_dir, "profile.json"))
    good &= write_profile_output(file, "profile.json", reporters::profile_to_json(profile, summary));
  for (const fs::path& file : files_for(line.html_file, line.out_dir, "profile.html"))
    good &= write_profile_output(file, "page",
                                 reporters::render_profile_html(profile, summary, hot_sources(profile, summary)));
  for (const profiles::Exporter& exporter : profiles::exporters())
    if (const std::string file = asked_file(line, exporter.name); !file.empty())
      good &= write_profile_output(file, exporter.name, exporter.write(profile, profile.clock));
  return good;
}

std::vector<std::string> asked_files(const CommandLine& line) {
  std::vector<std::string> files{line.json_file, line.html_file};
  for (const profiles::Exporter& exporter : profiles::exporters()) files.push_back(asked_file(line, exporter.name));
  return files;
}

}  // namespace

bool write_profile_output(const fs::path& file, std::string_view what, const Result<std::string>& bytes) {
  Result<void> written;
  if (bytes) written = file == "-" ? write_all(BorrowedFd(STDOUT_FILENO), *bytes, "stdout") : write_file(file, *bytes);
  if (bytes && written) return true;
  const Error& problem = bytes ? written.error() : bytes.error();
  print_error(fmt::format("runharness: {}: {}\n", what, problem.message()));
  return false;
}

Result<model::ProfileClock> profile_clock(const std::string& text) {
  if (text.empty() || text == "cpu") return model::ProfileClock::cpu;
  if (text == "wall") return model::ProfileClock::wall;
  return fail(ErrorKind::usage, fmt::format("use --clock {}: it is cpu or wall", text));
}

Result<void> check_profile_outputs(const CommandLine& line) {
  for (const std::string& file : asked_files(line)) {
    if (file.empty() || file == "-") continue;
    const fs::path folder = fs::path(file).parent_path();
    if (!folder.empty() && !rh::is_directory(folder)) return fail_errno("write the profile", file, ENOENT);
    if (rh::is_directory(file)) return fail_errno("write the profile", file, EISDIR);
  }
  return {};
}

bool tell_profile(const CommandLine& line, const model::Profile& profile, const model::ProfileSummary& summary,
                  const model::Environment& environment) {
  const bool good = write_files(line, profile, summary);
  if (!line.quiet)
    print_error(
        reporters::profile_to_text(profile, summary, {.terminal = terminal_options(line, environment, STDERR_FILENO)}));
  return good;
}

}  // namespace rh::app
