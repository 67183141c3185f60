#include "runner/engine/affected/reached_lines.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;
using namespace rh::model;

constexpr std::string_view kHead = "rh-test-lines 1";

std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char c = text[++i];
    plain += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
  }
  return plain;
}

std::string repository_path(std::string_view path, const TestMapSource& source, const fs::path& root) {
  fs::path full = path;
  if (full.is_relative()) {
    full = source.base / full;
    for (const auto& [prefix, folder] : source.path_map)
      if (path.starts_with(prefix + "/")) full = folder / path.substr(prefix.size() + 1);
  }
  full = full.lexically_normal();
  return is_below(full, root) ? relative_to(full, root) : std::string();
}

class MapBuilder {
 public:
  explicit MapBuilder(const ReachedContext& context) : context_(context) {}

  Result<void> read(std::string_view text, const TestMapSource& source) {
    std::size_t number = 0;
    std::map<TestId, std::vector<LineRange>>* file = nullptr;
    for (const std::string_view line : split(text, '\n')) {
      const auto damaged = [&](std::string_view what) {
        return fail(ErrorKind::parse, fmt::format("read who tests what: {} in line {}", what, number),
                    source.path.string());
      };
      ++number;
      if (number == 1 && line != kHead) return damaged("no head");
      if (number == 1 || line.empty()) continue;
      const std::vector<std::string_view> parts = split(line, '\t');
      if (parts[0] == "f" && parts.size() == 2) {
        const std::string path = repository_path(unescape(parts[1]), source, context_.repository_root);
        file = path.empty() ? nullptr : &files_[path];
      } else if (parts[0] == "o" && parts.size() == 2) {
        opaque_.insert(test_of(parts[1]));
      } else if (parts[0] == "r" && parts.size() == 2) {
        tests_.insert(test_of(parts[1]));
      } else if (parts[0] == "p" && parts.size() == 2) {
        problem_ = unescape(parts[1]);
      } else if (parts[0] == "n" && parts.size() == 2) {
        costs_.push_back(unescape(parts[1]));
      } else if (parts[0] == "t" && parts.size() == 3) {
        const TestId test = test_of(parts[2]);
        tests_.insert(test);
        if (file == nullptr) continue;
        if (!add_ranges(parts[1], (*file)[test])) return damaged("no ranges of lines");
        if (ranges_ > kMaxReachedRanges)
          return fail(ErrorKind::limit,
                      fmt::format("read who tests what: there are more than {} ranges of lines", kMaxReachedRanges),
                      source.path.string());
      } else {
        return damaged("nothing that is known");
      }
    }
    return number > 1 ? Result<void>()
                      : fail(ErrorKind::parse, "read who tests what: it is empty", source.path.string());
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::vector<std::string>& costs() const { return costs_; }

  Reached finish(const std::string& granularity) {
    Reached reached;
    reached.map.granularity = granularity;
    tests_.insert(opaque_.begin(), opaque_.end());
    reached.map.tests.assign(tests_.begin(), tests_.end());
    reached.opaque.assign(opaque_.begin(), opaque_.end());
    std::map<TestId, std::uint32_t> index;
    for (std::uint32_t i = 0; i < reached.map.tests.size(); ++i) index[reached.map.tests[i]] = i;
    for (auto& [path, tests] : files_) {
      if (tests.empty()) continue;
      ReachedFile& file = reached.map.files.emplace_back();
      file.path = path;
      for (auto& [test, lines] : tests) {
        normalize(lines);
        file.tests.push_back({index.at(test), std::move(lines)});
      }
    }
    return reached;
  }

 private:
  TestId test_of(std::string_view escaped) const {
    std::string name = unescape(escaped);
    if (context_.secrets != nullptr) name = context_.secrets->redact(name);
    return {name.empty() ? context_.suite.value : context_.suite.value + "::" + name};
  }

  // "3-7,9,12-12"
  bool add_ranges(std::string_view text, std::vector<LineRange>& lines) {
    if (text.empty()) return true;  // it loaded the file, and reached no line of it
    for (const std::string_view part : split(text, ',')) {
      const std::size_t dash = part.find('-');
      const auto first = parse_u64(part.substr(0, dash));
      const auto last = dash == std::string_view::npos ? first : parse_u64(part.substr(dash + 1));
      if (!first || !last || *first == 0 || *first > *last || *last > UINT32_MAX) return false;
      lines.push_back({static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*last)});
      ++ranges_;
    }
    return true;
  }

  const ReachedContext& context_;
  std::map<std::string, std::map<TestId, std::vector<LineRange>>> files_;
  std::set<TestId> tests_, opaque_;
  std::string problem_;             // what the runner's side says is missing
  std::vector<std::string> costs_;  // what it took to measure
  std::size_t ranges_ = 0;
};

}  // namespace

void normalize(std::vector<LineRange>& lines) {
  std::sort(lines.begin(), lines.end());
  std::size_t kept = 0;
  for (const LineRange& range : lines) {
    if (kept > 0 && range.first <= lines[kept - 1].last + std::uint64_t{1})
      lines[kept - 1].last = std::max(lines[kept - 1].last, range.last);
    else
      lines[kept++] = range;
  }
  lines.resize(kept);
}

Reached read_reached(const std::vector<TestMapSource>& sources, const ReachedContext& context,
                     const std::function<void(Diagnostic)>& note) {
  MapBuilder builder(context);
  std::string granularity, reason;
  bool damaged = false;
  for (const TestMapSource& source : sources) {
    const auto text = read_beneath(context.folders, source.path, kMaxReachedBytes);
    const Result<void> read = text ? builder.read(*text, source) : Result<void>(Failure{text.error()});
    granularity = source.granularity;
    if (read) continue;
    const bool missing = read.error().kind == ErrorKind::not_found;
    damaged |= !missing;
    reason = missing ? "what the tests reached was not written: the process that tells it died or never ran"
                     : read.error().message();
    note({Severity::warning, missing ? "test-map-missing" : "test-map-unreadable", reason, source.path.string(), {}});
  }
  if (!builder.problem().empty()) {
    reason = builder.problem();
    note({Severity::warning, "test-map-incomplete", reason, {}, {}});
  }
  for (const std::string& cost : builder.costs()) note({Severity::info, "test-map-cost", cost, {}, {}});
  // Half of what a test reached would let it be left out wrongly.
  Reached reached = damaged ? Reached() : builder.finish(granularity);
  if (reached.map.files.empty())
    reached.map.reason = reason.empty() ? "no test reached a line of the repository" : reason;
  return reached;
}

}  // namespace rh::engine
