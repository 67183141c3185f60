#include "runner/engine/gate/baseline.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gate/figures.h"
#include "runner/engine/gate/judging.h"

namespace rh::engine {

using namespace rh::model;

namespace {

using Json = nlohmann::ordered_json;
using Milliseconds = std::chrono::milliseconds;

constexpr std::uint64_t kMaxBaselineBytes = 64ULL << 20;
constexpr std::uint64_t kMebibyte = 1ULL << 20;
constexpr std::string_view kStoredMetrics[] = {"lines", "branches", "functions", "statements", "regions"};

std::uint64_t two_digits_up(std::uint64_t value) {
  std::uint64_t step = 1;
  while (value / step >= 100) step *= 10;
  return (value + step - 1) / step * step;
}

// A figure that moved by no more than a quarter is left alone, so that an update shows what changed and not what
// flickered.
template <class T>
std::optional<T> settled(const std::optional<T>& fresh, const std::optional<T>& before) {
  if (!fresh || !before) return fresh ? fresh : before;
  const bool flickered = *fresh <= *before + *before / 4 && *fresh >= *before / 4 * 3;
  return flickered ? before : fresh;
}

BaselineFigures settled(const BaselineFigures& fresh, const BaselineFigures& before) {
  return {fresh.tests ? fresh.tests : before.tests, settled(fresh.wall, before.wall), settled(fresh.cpu, before.cpu),
          settled(fresh.peak_memory_bytes, before.peak_memory_bytes)};
}

// What other tests in the same process may have caused is no figure of this one.
template <class T>
bool own(const Figure<T>& figure) {
  return figure.value && (figure.scope == Scope::exact_process || figure.scope == Scope::exact_window);
}

BaselineFigures figures_of(const SuiteReport& suite) {
  BaselineFigures figures;
  figures.tests = suite.counts.total - suite.counts.skipped;
  if (suite.steps.empty()) return figures;
  const ProcessUsage& usage = suite.usage;
  figures.wall = round_up(usage.wall);
  if (usage.user_cpu.value && usage.system_cpu.value)
    figures.cpu = round_up(*usage.user_cpu.value + *usage.system_cpu.value);
  if (usage.peak_memory.value) figures.peak_memory_bytes = round_up_bytes(*usage.peak_memory.value);
  return figures;
}

std::optional<BaselineFigures> figures_of(const TestRecord& record) {
  if (record.test.kind != TestKind::test || record.outcome() != Outcome::passed) return std::nullopt;
  const Attempt& last = record.attempts.back();
  BaselineFigures figures;
  if (last.duration && *last.duration >= kSlowTest) figures.wall = round_up(*last.duration);
  if (figures.wall && own(last.usage.cpu)) figures.cpu = round_up(*last.usage.cpu.value);
  if (own(last.usage.peak_memory) && *last.usage.peak_memory.value >= kLargeTest)
    figures.peak_memory_bytes = round_up_bytes(*last.usage.peak_memory.value);
  if (!figures.wall && !figures.peak_memory_bytes) return std::nullopt;
  return figures;
}

std::map<std::string, BaselineFigures> slow_tests(const RunReport& report) {
  std::vector<std::pair<std::string, BaselineFigures>> rows;
  for (const SuiteReport& suite : report.suites)
    for (const TestRecord& record : suite.tests)
      if (auto figures = figures_of(record)) rows.emplace_back(record.test.id.value, *figures);
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.second.wall.value_or(Milliseconds(0)) > b.second.wall.value_or(Milliseconds(0));
  });
  if (rows.size() > kMaxBaselineTests) rows.resize(kMaxBaselineTests);
  return {rows.begin(), rows.end()};
}

UncoveredCounts counts_of(const CoverageFile& file) {
  UncoveredCounts counts;
  for (const std::string_view metric : kStoredMetrics)
    if (const auto ratio = ratio_of(file, metric)) counts[std::string(metric)] = uncovered(*ratio);
  return counts;
}

Json json_of(const BaselineFigures& figures) {
  Json json = Json::object();
  if (figures.tests) json["tests"] = *figures.tests;
  if (figures.wall) json["wall_ms"] = figures.wall->count();
  if (figures.cpu) json["cpu_ms"] = figures.cpu->count();
  if (figures.peak_memory_bytes) json["peak_memory_mib"] = *figures.peak_memory_bytes / kMebibyte;
  return json;
}

// One line per member: what changed is what a diff shows.
template <class Members, class ToJson>
std::string section(std::string_view name, const Members& members, ToJson to_json) {
  std::string text = fmt::format("  \"{}\": {{", name);
  bool first = true;
  for (const auto& [key, value] : members) {
    const Json quoted(to_valid_utf8(key));
    text += fmt::format("{}\n    {}: {}", first ? "" : ",", quoted.dump(), to_json(value).dump());
    first = false;
  }
  return text + (first ? "}" : "\n  }");
}

class Decoder {
 public:
  explicit Decoder(std::string subject) : subject_(std::move(subject)) {}

  Result<Baseline> decode(std::string_view text) {
    const Json root = Json::parse(text, nullptr, false);
    if (root.is_discarded() || !root.is_object()) return wrong("it is no JSON object");
    const auto version = root.find("runharness_baseline");
    if (version == root.end() || !version->is_number_unsigned())
      return wrong("it has no 'runharness_baseline' version");
    if (version->get<std::uint64_t>() > kBaselineVersion)
      return wrong(fmt::format("it is of version {}, this runharness knows {}", version->get<std::uint64_t>(),
                               kBaselineVersion));
    Baseline baseline;
    for (const auto& [key, value] : root.items()) {
      if (key == "runharness_baseline") continue;
      if (!is_one_of(key, {"files", "suites", "tests"})) return wrong(fmt::format("it has an unknown key '{}'", key));
      if (!value.is_object()) return wrong(fmt::format("'{}' is no object", key));
      for (const auto& [name, row] : value.items()) RH_CHECK(add(baseline, key, name, row));
    }
    return baseline;
  }

 private:
  [[nodiscard]] Failure wrong(const std::string& why) const {
    return fail(ErrorKind::config,
                fmt::format("read the baseline: {}; write it anew with `runharness baseline update`", why), subject_);
  }

  Result<void> add(Baseline& baseline, const std::string& section, const std::string& name, const Json& row) {
    if (!row.is_object()) return wrong(fmt::format("'{}' is no object", name));
    for (const auto& [key, value] : row.items()) {
      if (!value.is_number_unsigned()) return wrong(fmt::format("'{}' of '{}' is no whole number", key, name));
      const auto number = value.get<std::uint64_t>();
      if (section == "files") {
        baseline.files[name][key] = number;
        continue;
      }
      BaselineFigures& figures = (section == "suites" ? baseline.suites : baseline.tests)[name];
      constexpr std::uint64_t kMost = 1ULL << 40;  // far beyond any time or size, far from overflow
      if (number > kMost) return wrong(fmt::format("'{}' of '{}' is too large", key, name));
      if (key == "tests")
        figures.tests = number;
      else if (key == "wall_ms")
        figures.wall = Milliseconds(static_cast<std::int64_t>(number));
      else if (key == "cpu_ms")
        figures.cpu = Milliseconds(static_cast<std::int64_t>(number));
      else if (key == "peak_memory_mib")
        figures.peak_memory_bytes = number * kMebibyte;
      else
        return wrong(fmt::format("'{}' has an unknown figure '{}'", name, key));
    }
    if (section == "files") baseline.files[name];  // a file may have no counts
    return {};
  }

  std::string subject_;
};

using FigureTexts = std::map<std::string, std::pair<std::uint64_t, std::string>>;  // figure -> value, text

FigureTexts texts_of(const UncoveredCounts& counts) {
  FigureTexts texts;
  for (const auto& [metric, count] : counts) texts[metric] = {count, fmt::format("{} uncovered", count)};
  return texts;
}

FigureTexts texts_of(const BaselineFigures& figures) {
  FigureTexts texts;
  // Fewer tests are worse: what is compared grows when they go.
  if (figures.tests) texts["tests"] = {UINT64_MAX - *figures.tests, fmt::format("{}", *figures.tests)};
  if (figures.wall)
    texts["wall time"] = {static_cast<std::uint64_t>(figures.wall->count()), format_duration(*figures.wall)};
  if (figures.cpu)
    texts["CPU time"] = {static_cast<std::uint64_t>(figures.cpu->count()), format_duration(*figures.cpu)};
  if (figures.peak_memory_bytes)
    texts["peak memory"] = {*figures.peak_memory_bytes, format_size(*figures.peak_memory_bytes)};
  return texts;
}

template <class Rows>
void compare_rows(const Rows& before, const Rows& after, std::vector<BaselineChange>& changes) {
  for (const auto& [name, row] : after) {
    const auto known = before.find(name);
    const FigureTexts old_texts = known == before.end() ? FigureTexts() : texts_of(known->second);
    const FigureTexts new_texts = texts_of(row);
    for (const auto& [figure, text] : new_texts) {
      const auto old = old_texts.find(figure);
      if (old == old_texts.end())
        changes.push_back({name, figure, {}, text.second, false});
      else if (old->second.first != text.first)
        changes.push_back({name, figure, old->second.second, text.second, text.first > old->second.first});
    }
    for (const auto& [figure, text] : old_texts)
      if (!new_texts.contains(figure)) changes.push_back({name, figure, text.second, {}, false});
  }
  for (const auto& [name, row] : before)
    if (!after.contains(name))
      for (const auto& [figure, text] : texts_of(row)) changes.push_back({name, figure, text.second, {}, false});
}

}  // namespace

Milliseconds round_up(std::chrono::nanoseconds span) {
  const auto whole = std::max<std::int64_t>(std::chrono::ceil<Milliseconds>(span).count(), 100);
  return Milliseconds(static_cast<std::int64_t>(two_digits_up(static_cast<std::uint64_t>(whole))));
}

std::uint64_t round_up_bytes(std::uint64_t bytes) {
  return two_digits_up(std::max<std::uint64_t>(bytes / kMebibyte + (bytes % kMebibyte != 0), 1)) * kMebibyte;
}

NewBaseline make_baseline(const BaselineSource& source) {
  NewBaseline made;
  Baseline& fresh = made.baseline;
  for (const CoverageFile& file : source.report.coverage.files)
    if (auto counts = counts_of(file); !counts.empty()) fresh.files[file.path] = std::move(counts);
  for (const SuiteReport& suite : source.report.suites)
    if (suite.counts.total > 0) fresh.suites[suite.suite.id.value] = figures_of(suite);
  fresh.tests = slow_tests(source.report);
  if (source.previous == nullptr) return made;
  const auto settle = [&](auto& rows, const auto& before, bool keep) {
    for (const auto& [name, row] : before) {
      const auto known = rows.find(name);
      if (known != rows.end()) {
        known->second = settled(known->second, row);
      } else if (keep) {
        rows[name] = row;
        ++made.kept;
      }
    }
  };
  // A test that became fast is no longer worth a line; one of a suite that did not run is kept with its suite.
  settle(fresh.suites, source.previous->suites, !source.prune);
  const auto ran = [&](const std::string& test) {
    return std::any_of(source.report.suites.begin(), source.report.suites.end(),
                       [&](const SuiteReport& suite) { return test.starts_with(suite.suite.id.value + "::"); });
  };
  std::map<std::string, BaselineFigures> elsewhere;
  for (const auto& [name, row] : source.previous->tests)
    if (fresh.tests.contains(name) || !ran(name)) elsewhere[name] = row;
  settle(fresh.tests, elsewhere, !source.prune);
  for (const auto& [path, counts] : source.previous->files) {
    if (source.prune || fresh.files.contains(path)) continue;
    if (source.source_exists && !source.source_exists(path)) continue;
    fresh.files[path] = counts;
    ++made.kept;
  }
  return made;
}

std::string encode_baseline(const Baseline& baseline) {
  const auto counts = [](const UncoveredCounts& row) { return Json(row); };
  return fmt::format("{{\n  \"runharness_baseline\": {},\n{},\n{},\n{}\n}}\n", kBaselineVersion,
                     section("files", baseline.files, counts), section("suites", baseline.suites, json_of),
                     section("tests", baseline.tests, json_of));
}

Result<Baseline> decode_baseline(std::string_view text, const std::string& subject) {
  return Decoder(subject).decode(text);
}

Result<Baseline> read_baseline(const std::filesystem::path& file) {
  if (!is_file(file)) return fail(ErrorKind::not_found, "find the baseline", file.string());
  RH_TRY(const std::string text, read_file(file, kMaxBaselineBytes));
  return decode_baseline(text, file.string());
}

std::vector<BaselineChange> compare_baselines(const Baseline& before, const Baseline& after) {
  std::vector<BaselineChange> changes;
  compare_rows(before.files, after.files, changes);
  compare_rows(before.suites, after.suites, changes);
  compare_rows(before.tests, after.tests, changes);
  std::stable_sort(changes.begin(), changes.end(),
                   [](const BaselineChange& a, const BaselineChange& b) { return a.worse > b.worse; });
  return changes;
}

}  // namespace rh::engine
