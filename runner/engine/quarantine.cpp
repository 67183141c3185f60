#include "runner/engine/quarantine.h"

#include <algorithm>

#include <fmt/core.h>
#include <toml++/toml.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/repository_walk.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTextBytes = 4096;  // of one member

class EntryReader {
 public:
  EntryReader(std::string name, std::string today) : name_(std::move(name)), today_(std::move(today)) {}

  Result<std::vector<QuarantineEntry>> read(const toml::table& root) {
    std::vector<QuarantineEntry> entries;
    for (const auto& [key, node] : root) {
      if (key.str() != "test")
        return wrong(fmt::format("understand the key '{}': write each entry as [[test]]", key.str()), node);
      const toml::array* array = node.as_array();
      if (array == nullptr) return wrong("read 'test': write each entry as [[test]]", node);
      for (const toml::node& item : *array) {
        if (!item.is_table()) return wrong("read 'test': write each entry as [[test]]", item);
        if (entries.size() == kMaxQuarantineEntries)
          return wrong(fmt::format("read more than {} entries", kMaxQuarantineEntries), item);
        RH_TRY(auto entry, read_entry(*item.as_table()));
        entries.push_back(std::move(entry));
      }
    }
    return entries;
  }

 private:
  [[nodiscard]] Failure wrong(std::string what, const toml::node& node) const {
    const auto& begin = node.source().begin;
    return fail(ErrorKind::config, std::move(what), fmt::format("{}:{}:{}", name_, begin.line, begin.column));
  }

  Result<QuarantineEntry> read_entry(const toml::table& table) {
    QuarantineEntry entry;
    entry.first_line = table.source().begin.line;
    entry.origin = fmt::format("{}:{}", name_, entry.first_line);
    for (const auto& [key, node] : table) RH_CHECK(read_member(entry, std::string(key.str()), node));
    const model::Quarantine& quarantine = entry.quarantine;
    const std::pair<const char*, bool> wanted[] = {{"id", entry.tests.empty()},
                                                   {"owner", quarantine.owner.empty()},
                                                   {"reason", quarantine.reason.empty()},
                                                   {"expires", quarantine.expires.empty()}};
    for (const auto& [member, missing] : wanted)
      if (missing)
        return wrong(fmt::format("read [[test]]: it has no {}; each entry needs id, owner, reason and expires", member),
                     table);
    entry.quarantine.expired = quarantine.expires < today_;
    return entry;
  }

  Result<void> read_member(QuarantineEntry& entry, const std::string& key, const toml::node& node) {
    if (key == "id") return read_text(entry.tests, key, node);
    if (key == "owner") return read_text(entry.quarantine.owner, key, node);
    if (key == "reason") return read_text(entry.quarantine.reason, key, node);
    if (key == "expires") return read_date(entry.quarantine.expires, key, node);
    if (key == "since") return read_date(entry.since, key, node);
    const auto near = closest(key, {"id", "owner", "reason", "expires", "since"});
    return wrong(fmt::format("understand the key '{}'{}", key, near ? fmt::format(": did you mean '{}'?", *near) : ""),
                 node);
  }

  Result<void> read_text(std::string& into, const std::string& key, const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong(fmt::format("read '{}': a text is wanted", key), node);
    into = trim(text->get());
    if (into.empty()) return wrong(fmt::format("read '{}': it is empty", key), node);
    if (into.size() > kMaxTextBytes)
      return wrong(fmt::format("read '{}': it is longer than {} bytes", key, kMaxTextBytes), node);
    return {};
  }

  // A date of TOML, or a text of the same form.
  Result<void> read_date(std::string& into, const std::string& key, const toml::node& node) {
    if (const auto* date = node.as_date())
      into = fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
    else if (const auto* text = node.as_string())
      into = text->get();
    if (!parse_date(into)) return wrong(fmt::format("read '{}': a date such as 2026-12-31 is wanted", key), node);
    return {};
  }

  std::string name_, today_;
};

bool is_glob(std::string_view tests) { return tests.find_first_of("*?") != std::string_view::npos; }

// A basic string of TOML.
std::string toml_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : to_valid_utf8(text)) {
    if (c == '"' || c == '\\')
      quoted += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string date_of(std::chrono::system_clock::time_point time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", int(day.year()), unsigned(day.month()), unsigned(day.day()));
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_u64(text.substr(0, 4)), month = parse_u64(text.substr(5, 2)), day = parse_u64(text.substr(8));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::optional<fs::path> find_quarantine(const fs::path& root) {
  const fs::path top = git_toplevel(root);
  for (fs::path folder = root;; folder = folder.parent_path()) {
    if (is_file(folder / kQuarantineFile)) return folder / kQuarantineFile;
    if (top.empty() || folder == top || folder == folder.root_path()) return std::nullopt;
  }
}

Result<std::vector<QuarantineEntry>> parse_quarantine(std::string_view text, const std::string& name,
                                                      const std::string& today) {
  try {
    return EntryReader(name, today).read(toml::parse(text, name));
  } catch (const toml::parse_error& problem) {
    const auto& at = problem.source().begin;
    return fail(ErrorKind::config, fmt::format("read the quarantine: {}", problem.description()),
                fmt::format("{}:{}:{}", name, at.line, at.column));
  }
}

Result<std::vector<QuarantineEntry>> read_quarantine(const fs::path& file, const std::string& today) {
  RH_TRY(const std::string text, read_file(file, kMaxQuarantineBytes));
  return parse_quarantine(text, file.filename().string(), today);
}

void mark_by_patch(std::vector<QuarantineEntry>& entries, const std::vector<QuarantineEntry>& base) {
  for (QuarantineEntry& entry : entries)
    entry.by_patch = std::none_of(base.begin(), base.end(), [&](const QuarantineEntry& older) {
      return older.tests == entry.tests && older.quarantine.expires >= entry.quarantine.expires;
    });
}

bool covers(const QuarantineEntry& entry, std::string_view test) {
  return entry.tests == test || (is_glob(entry.tests) && glob_match(entry.tests, test));
}

const QuarantineEntry* entry_of(const std::vector<QuarantineEntry>& entries, std::string_view test) {
  const QuarantineEntry* best = nullptr;
  for (const QuarantineEntry& entry : entries)
    if (entry.in_force && covers(entry, test) &&
        (best == nullptr || entry.quarantine.expires > best->quarantine.expires))
      best = &entry;
  return best;
}

std::string add_entry(std::string text, const QuarantineEntry& entry) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (!text.empty()) text += '\n';
  text += "[[test]]\n";
  text += fmt::format("id = {}\n", toml_text(entry.tests));
  text += fmt::format("owner = {}\n", toml_text(entry.quarantine.owner));
  text += fmt::format("reason = {}\n", toml_text(entry.quarantine.reason));
  if (!entry.since.empty()) text += fmt::format("since = {}\n", entry.since);
  return text + fmt::format("expires = {}\n", entry.quarantine.expires);
}

std::optional<std::string> remove_entry(std::string_view text, const std::vector<QuarantineEntry>& entries,
                                        std::string_view tests) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.tests == tests; });
  if (found == entries.end()) return std::nullopt;
  std::vector<std::string_view> lines = split(text, '\n');
  const std::size_t first = found->first_line - 1;
  std::size_t end = found + 1 == entries.end() ? lines.size() : (found + 1)->first_line - 1;
  // What stands right above the next entry is a comment on that one.
  if (end < lines.size())
    while (end > first + 1 && trim(lines[end - 1]).starts_with('#')) --end;
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.begin() + static_cast<std::ptrdiff_t>(end));
  std::string rest;
  for (std::size_t i = 0; i < lines.size(); ++i) rest += std::string(i > 0 ? "\n" : "").append(lines[i]);
  while (rest.ends_with("\n\n")) rest.pop_back();
  return rest;
}

}  // namespace rh::engine
