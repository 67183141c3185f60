// Tests whose failure does not count for now: runharness.quarantine.toml, a file of the repository that says
// for each of them who cares, why, and until when. An entry that has expired counts for nothing and blocks
// until somebody decides; so a quarantine cannot be forgotten.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/past.h"

namespace rh::engine {

constexpr std::string_view kQuarantineFile = "runharness.quarantine.toml";
constexpr std::uint64_t kMaxQuarantineBytes = 1ULL << 20;
constexpr std::size_t kMaxQuarantineEntries = 10'000;

struct QuarantineEntry {
  std::string tests;             // a test id, or a glob over test ids
  model::Quarantine quarantine;  // owner, reason, expires, expired
  std::string since;             // "2026-03-01", the day on which it was made; empty: not said
  std::string origin;            // "runharness.quarantine.toml:3"
  std::size_t first_line = 0;    // of its [[test]], 1-based
  bool by_patch = false;         // the change under test adds it, or lets it hold for longer
  bool in_force = true;
};

// What a run knows about quarantine, for its gates.
struct QuarantineState {
  std::filesystem::path file;  // empty: there is none
  std::vector<QuarantineEntry> entries;
  std::string today;                // "2026-03-01", UTC
  bool compared_with_base = false;  // by_patch is known
};

// "2026-03-01" in UTC.
[[nodiscard]] std::string date_of(std::chrono::system_clock::time_point time);
// Days from the epoch; nullopt for what is no date.
[[nodiscard]] std::optional<std::chrono::sys_days> parse_date(std::string_view text);

// The nearest file at or above `root`, not above the git work tree; nullopt: none.
[[nodiscard]] std::optional<std::filesystem::path> find_quarantine(const std::filesystem::path& root);

// Entries in the order of the file. What is missing or unknown is an error of ErrorKind::config with line and
// column. `today` decides which ones have expired: an entry holds on its last day.
[[nodiscard]] Result<std::vector<QuarantineEntry>> parse_quarantine(std::string_view text, const std::string& name,
                                                                    const std::string& today);
[[nodiscard]] Result<std::vector<QuarantineEntry>> read_quarantine(const std::filesystem::path& file,
                                                                   const std::string& today);

// Marks what `base`, the entries of the commit that a change is compared with, does not have or had for a
// shorter time.
void mark_by_patch(std::vector<QuarantineEntry>& entries, const std::vector<QuarantineEntry>& base);

[[nodiscard]] bool covers(const QuarantineEntry& entry, std::string_view test);
// The entry in force that covers the test; one that has not expired before one that has, and then the one
// that holds longest. Null: none.
[[nodiscard]] const QuarantineEntry* entry_of(const std::vector<QuarantineEntry>& entries, std::string_view test);

// The text of the file with one entry more, and without the entry of those tests (nullopt: there is none).
// Everything else stays as it is, comments too.
[[nodiscard]] std::string add_entry(std::string text, const QuarantineEntry& entry);
[[nodiscard]] std::optional<std::string> remove_entry(std::string_view text,
                                                      const std::vector<QuarantineEntry>& entries,
                                                      std::string_view tests);

}  // namespace rh::engine
