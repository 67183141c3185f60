// `runharness history quarantine`: shows and edits runharness.quarantine.toml.
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "reporters/history.h"
#include "runner/app/command_history.h"
#include "runner/app/workspace.h"
#include "runner/base/clock.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/history/history.h"
#include "runner/engine/quarantine.h"
#include "runner/engine/repository_walk.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;
using engine::QuarantineEntry;

struct Quarantine {
  fs::path project;
  fs::path file;     // where it is, or would be
  std::string text;  // empty: there is none yet
  std::string today;
  std::vector<QuarantineEntry> entries;
};

// A new file lies beside runharness.toml, else at the top of the work tree.
fs::path place_of_new_file(const fs::path& project) {
  if (const auto config = engine::find_config(project)) return config->parent_path() / engine::kQuarantineFile;
  const fs::path top = engine::git_toplevel(project);
  return (top.empty() ? project : top) / engine::kQuarantineFile;
}

Result<Quarantine> read(const CommandLine& line) {
  Quarantine quarantine;
  RH_TRY(quarantine.project, project_folder(line));
  quarantine.today = engine::date_of(wall_now());
  const auto found = engine::find_quarantine(quarantine.project);
  quarantine.file = found ? *found : place_of_new_file(quarantine.project);
  if (!found) return quarantine;
  RH_TRY(quarantine.text, read_file(*found, engine::kMaxQuarantineBytes));
  RH_TRY(quarantine.entries, engine::parse_quarantine(quarantine.text, found->string(), quarantine.today));
  return quarantine;
}

std::int64_t days_between(const std::string& from, const std::string& to) {
  const auto begin = engine::parse_date(from), end = engine::parse_date(to);
  return begin && end ? (*end - *begin).count() : 0;
}

Result<int> list(const CommandLine& line, const Quarantine& quarantine) {
  std::vector<model::QuarantineRow> rows;
  for (const QuarantineEntry& entry : quarantine.entries)
    rows.push_back({entry.tests, entry.quarantine, entry.since,
                    days_between(quarantine.today, entry.quarantine.expires), entry.origin});
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.days_left < b.days_left; });
  const reporters::HistoryTextOptions options{terminal_options(line, engine::current_environment(), STDOUT_FILENO),
                                              true};
  print(line.json ? reporters::quarantine_to_json(rows, quarantine.text.empty() ? "" : quarantine.file.string())
                  : reporters::quarantine_to_text(rows, options));
  return static_cast<int>(ExitCode::passed);
}

// "2026-12-31", or "30d" from today.
Result<std::string> expiry(const std::string& text, const std::string& today) {
  std::string date = text;
  if (!engine::parse_date(text)) {
    const auto span = parse_duration(text);
    const auto begin = engine::parse_date(today);
    constexpr std::int64_t kMostDays = 36'525;
    if (!span || !begin || *span < std::chrono::days(1) || *span > std::chrono::days(kMostDays))
      return fail(ErrorKind::usage, fmt::format("read '{}': write a date such as 2026-12-31, or 30d", text),
                  "--expires");
    date = engine::date_of(*begin + std::chrono::floor<std::chrono::days>(*span));
  }
  if (date < today) return fail(ErrorKind::usage, fmt::format("add an entry that expired on {}", date), "--expires");
  return date;
}

// A mistyped id would hide nothing; the history knows most ids.
void warn_unknown(const Quarantine& quarantine, const std::string& tests) {
  if (tests.find_first_of("*?") != std::string::npos) return;
  const fs::path file = state_folder(quarantine.project) / "history.db";
  if (!is_file(file)) return;
  const auto history = engine::History::open_existing(file);
  if (!history) return;
  const auto past = history->past_of(tests, INT64_MAX);
  if (!past || !past->empty()) return;
  const auto near = history->trend(tests, 1);
  print_error(fmt::format("warning: no stored run has a test '{}'{}\n", tests,
                          near ? fmt::format("; did you mean {}?", near->subject) : ""));
}

Result<int> add(const CommandLine& line, const Quarantine& quarantine) {
  QuarantineEntry entry;
  entry.tests = std::string(trim(line.operands[2]));
  entry.quarantine.owner = std::string(trim(line.owner));
  entry.quarantine.reason = std::string(trim(line.why));
  const std::pair<const char*, std::string_view> needed[] = {
      {"--owner", entry.quarantine.owner}, {"--reason", entry.quarantine.reason}, {"--expires", line.expires}};
  for (const auto& [flag, value] : needed)
    if (value.empty())
      return fail(ErrorKind::usage, "add the entry: each one needs --owner, --reason and --expires", flag);
  RH_TRY(entry.quarantine.expires, expiry(line.expires, quarantine.today));
  entry.since = quarantine.today;
  for (const QuarantineEntry& each : quarantine.entries)
    if (each.tests == entry.tests)
      return fail(ErrorKind::usage,
                  fmt::format("add the entry: it is there already, until {}; remove it first", each.quarantine.expires),
                  each.origin);
  const std::string text = engine::add_entry(quarantine.text, entry);
  // What was written must be read as what was meant.
  RH_TRY(const auto entries, engine::parse_quarantine(text, quarantine.file.string(), quarantine.today));
  RH_ASSERT(entries.size() == quarantine.entries.size() + 1 && entries.back().tests == entry.tests);
  RH_CHECK(write_file(quarantine.file, text));
  warn_unknown(quarantine, entry.tests);
  print(fmt::format("{} is in quarantine until {}; commit {}\n", entry.tests, entry.quarantine.expires,
                    relative_to(quarantine.file, quarantine.project)));
  return static_cast<int>(ExitCode::passed);
}

Result<int> remove(const CommandLine& line, const Quarantine& quarantine) {
  const std::string& tests = line.operands[2];
  const auto text = engine::remove_entry(quarantine.text, quarantine.entries, tests);
  if (!text) {
    std::vector<std::string> known;
    for (const QuarantineEntry& entry : quarantine.entries) known.push_back(entry.tests);
    const auto near = closest(tests, known);
    return fail(ErrorKind::not_found,
                fmt::format("remove '{}': there is no such entry{}", tests,
                            near ? fmt::format("; did you mean {}?", *near) : ""),
                quarantine.file.string());
  }
  RH_TRY(const auto entries, engine::parse_quarantine(*text, quarantine.file.string(), quarantine.today));
  RH_ASSERT(entries.size() + 1 == quarantine.entries.size());
  RH_CHECK(write_file(quarantine.file, *text));
  print(fmt::format("{} is no longer in quarantine; commit {}\n", tests,
                    relative_to(quarantine.file, quarantine.project)));
  return static_cast<int>(ExitCode::passed);
}

}  // namespace

Result<int> run_quarantine(const CommandLine& line) {
  const std::size_t count = line.operands.size();
  const std::string action = count < 2 ? "list" : line.operands[1];
  RH_TRY(const Quarantine quarantine, read(line));
  if (action == "list" && count <= 2) return list(line, quarantine);
  if (action == "add" && count == 3) return add(line, quarantine);
  if (action == "remove" && count == 3) return remove(line, quarantine);
  return fail(ErrorKind::usage,
              "read the command line: write `runharness history quarantine list`, `... add TEST --owner NAME --reason "
              "TEXT --expires DATE` or `... remove TEST`",
              join(line.operands, " "));
}

}  // namespace rh::app
