#include "runner/engine/settings.h"

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/decimal.h"

namespace rh::engine {
namespace {

using enum OptionType;

const std::vector<OptionRow> kRows = {
    {"preset", "--preset", "RUNHARNESS_PRESET", choice, "local|ci|strict|agent", "", "NAME",
     "limits and isolation: local, ci, strict or agent (default: ci when CI is set, else local)", UsedBy::both},
    {"jobs", "--jobs", "RUNHARNESS_JOBS", integer, "", "", "N", "suites that run side by side (default: cores)"},
    {"only", "--only", "", list, "", "", "GLOB", "run only suites whose id matches; repeatable", UsedBy::test, false},
    {"ecosystems", "--ecosystem", "", list, "", "", "NAME", "run only suites of this ecosystem; repeatable"},
    {"exclude", "--exclude", "", list, "", "", "GLOB", "leave out folders or suite ids that match; repeatable"},
    {"limits.wall", "--timeout", "RUNHARNESS_TIMEOUT", duration, "", "", "DUR", "wall time, such as 90s or 5m",
     UsedBy::both},
    {"limits.cpu", "--cpu-time", "", duration, "", "", "DUR", "CPU time of the process tree", UsedBy::both},
    {"limits.cpus", "--cpus", "", decimal, "", "", "N", "CPU bandwidth of the process tree in cores, such as 1.5",
     UsedBy::both},
    {"limits.memory", "--memory", "RUNHARNESS_MEMORY", size, "", "", "SIZE",
     "memory of the process tree, such as 512M, 2G or 50%", UsedBy::both},
    {"limits.pids", "--pids", "", integer, "", "", "N", "processes and threads", UsedBy::both},
    {"limits.output", "--output-limit", "", size, "", "", "SIZE", "bytes that one command may print", UsedBy::both},
    {"limits.open_files", "--open-files", "", integer, "", "", "N", "open files of one process", UsedBy::both},
    {"limits.file_size", "--file-size", "", size, "", "", "SIZE", "largest file that may be written", UsedBy::both},
    {"limits.tmp", "--tmp-size", "", size, "", "", "SIZE", "size of the private /tmp", UsedBy::both},
    {"limits.grace", "--grace", "", duration, "", "", "DUR", "time between SIGTERM and SIGKILL", UsedBy::both},
    {"deadline", "--deadline", "RUNHARNESS_DEADLINE", duration, "", "", "DUR", "wall time of the whole run"},
    {"isolation", "--isolation", "RUNHARNESS_ISOLATION", choice, "none|contained|strict", "", "LEVEL",
     "isolation level: none, contained or strict", UsedBy::both},
    {"require_isolation", "--require-isolation", "RUNHARNESS_REQUIRE_ISOLATION", choice, "contained|strict", "",
     "LEVEL", "refuse to start (exit code 7) where this level cannot be reached", UsedBy::both},
    {"require", "--require", "RUNHARNESS_REQUIRE", list, "memory|pids|cpu|net|fs|processes|syscalls|swap", "", "LIST",
     "refuse to start (exit code 7) where one of them is not enforced: memory,pids,cpu,net,fs,processes,syscalls,swap",
     UsedBy::both},
    {"network", "--network,--net", "RUNHARNESS_NETWORK", choice, "none|host", "", "POLICY",
     "network: none (loopback only) or host", UsedBy::both},
    {"workspace", "--workspace", "", choice, "rw|ro|overlay", "", "ACCESS",
     "access to the workspace: rw, ro, or overlay, where writes go to a private layer; `test`: rw only", UsedBy::both},
    {"rw", "--rw", "", list, "", "", "PATH", "this file or folder may be written as well; repeatable", UsedBy::both,
     false},
    {"ro", "--ro", "", list, "", "", "PATH", "this file or folder is there, read-only; repeatable", UsedBy::both,
     false},
    {"hide", "--hide", "", list, "", "", "PATH", "something empty is in the place of this file or folder; repeatable",
     UsedBy::both, false},
    {"caches", "--caches", "", choice, "read_write|private", "", "POLICY",
     "build caches under HOME: shared read_write, or private to the repository"},
    {"env", "--env", "", list, "", "", "K=V", "set this variable, or pass the caller's with K alone; repeatable",
     UsedBy::both, false},
    {"pass_env", "--pass-env", "", list, "", "", "NAME", "pass this variable of the caller; repeatable, globs allowed",
     UsedBy::both},
    {"coverage", "--coverage,!--no-coverage", "RUNHARNESS_COVERAGE", boolean, "", "true", "",
     "measure coverage (default: on)"},
    {"test_map", "--test-map,!--no-test-map", "RUNHARNESS_TEST_MAP", boolean, "", "false", "",
     "measure which test reaches which lines, for --affected and the report (default: off)"},
    {"profile", "--profile", "RUNHARNESS_PROFILE", slowest, "", "off", "slowest:N",
     "record in which functions each test spends its time; =slowest:N keeps the N slowest tests of each suite"},
    {"affected", "--affected", "", boolean, "", "false", "",
     "run only tests that a change reaches, new ones and those that failed before; all when that cannot be told",
     UsedBy::test, false},
    {"redact", "--redact,!--no-redact", "RUNHARNESS_REDACT", boolean, "", "true", "",
     "take secrets out of everything that is stored (default: on)", UsedBy::both},
    {"base", "--base", "RUNHARNESS_BASE", text, "", "", "REF",
     "compare with the merge base of this commit, branch or tag; auto: as the CI system's variables say", UsedBy::test,
     false},
    {"base_coverage", "--base-coverage", "", list, "", "", "FILE", "coverage of the base, from a file; repeatable",
     UsedBy::test, false},
    {"path_map", "--path-map", "", list, "", "", "FROM=TO",
     "coverage's paths that start with FROM lie in the repository's folder TO; repeatable"},
    {"strict_paths", "--strict-paths", "", boolean, "", "false", "",
     "fail where a path of the coverage data is in no file of the repository, or in several"},
    {"dirty", "--dirty", "", boolean, "", "", "", "changes that are not committed belong to the patch", UsedBy::test,
     false},
    {"gates.min_coverage", "--min-coverage", "", percent, "", "", "PCT", "fail when less of the lines is covered"},
    {"gates.min_branch_coverage", "--min-branch-coverage", "", percent, "", "", "PCT",
     "fail when less of the branches is covered"},
    {"gates.min_file_coverage", "--min-file-coverage", "", percent, "", "", "PCT",
     "fail when less of the lines of any file is covered"},
    {"gates.min_new_file_coverage", "--min-new-file-coverage", "", percent, "", "", "PCT",
     "fail when less of the lines of a file that the patch adds is covered"},
    {"gates.min_patch_coverage", "--min-patch-coverage", "", percent, "", "", "PCT",
     "fail when less of the lines that the patch changes is covered"},
    {"gates.min_patch_branch_coverage", "--min-patch-branch-coverage", "", percent, "", "", "PCT",
     "fail when less of the branches on lines that the patch changes is covered"},
    {"gates.max_uncovered", "--max-uncovered", "", integer, "", "", "N", "fail when more lines are not covered"},
    {"gates.no_decrease", "--no-decrease", "", boolean, "", "", "", "fail when more is uncovered than at the base"},
    {"gates.ratchet", "--ratchet", "", boolean, "", "", "", "fail when a file has more uncovered than in the baseline"},
    {"gates.baseline", "--baseline", "", text, "", "runharness.baseline.json", "FILE",
     "the committed baseline (default: runharness.baseline.json)"},
    {"gates.max_failures", "--max-failures", "", count, "", "", "N|PCT",
     "tolerate up to N failed tests, or such as 2%"},
    {"gates.min_tests", "--min-tests", "", integer, "", "", "N", "fail when fewer tests ran"},
    {"gates.max_skipped", "--max-skipped", "", count, "", "", "N|PCT", "fail when more tests were skipped"},
    {"gates.max_flaky", "--max-flaky", "", count, "", "", "N|PCT", "fail when more tests passed only on a retry"},
    {"gates.max_wall", "--max-wall", "", duration, "", "", "DUR", "fail when a suite took longer"},
    {"gates.max_cpu", "--max-cpu", "", duration, "", "", "DUR", "fail when a suite used more CPU time"},
    {"gates.max_memory", "--max-memory", "", size, "", "", "SIZE", "fail when a suite's peak memory was higher"},
    {"base_report", "--base-report", "", text, "", "", "FILE", "report.json of the run to compare with", UsedBy::test,
     false},
    {"quarantine", "--quarantine,!--no-quarantine", "", boolean, "", "", "",
     "let failures of quarantined tests count for nothing (default: on; not under strict and agent)", UsedBy::test,
     false},
    {"history.enabled", "--history,!--no-history", "RUNHARNESS_HISTORY", boolean, "", "true", "",
     "ask and keep the history of runs (default: on)"},
    {"history.keep", "", "", integer, "", "500", "N", "runs that the history keeps"},
    {"history.max_age", "", "", duration, "", "", "DUR", "older runs leave the history"},
    {"history.max_size", "", "", size, "", "256M", "SIZE", "size that the history's file is kept below"},
    {"reports", "--report", "", file_list, "", "", "NAME=PATH",
     "write a report, PATH - prints it; repeatable; the names are below", UsedBy::test, false},
    {"out", "--out", "RUNHARNESS_OUT", text, "", "", "DIR", "run directory (default: .runharness/runs/<id>)"},
    {"sample_interval", "--sample-interval", "", duration, "", "50ms", "DUR",
     "time between two samples of CPU and memory"},
};

constexpr unsigned kMaxJobs = 1024;

// There is always some time between the two signals.
bool may_be_unlimited(const OptionRow& row) { return row.key.starts_with("limits.") && row.key != "limits.grace"; }

std::vector<std::string> choices_of(const OptionRow& row) {
  std::vector<std::string> choices;
  for (const std::string_view choice : split(row.choices, '|')) choices.emplace_back(choice);
  return choices;
}

Result<void> check_integer(const OptionRow& row, std::string_view text) {
  const auto value = parse_u64(text);
  if (!value) return fail(ErrorKind::usage, fmt::format("read '{}': write a whole number", text), std::string(row.key));
  if (row.key == "jobs" && (*value == 0 || *value > kMaxJobs))
    return fail(ErrorKind::usage, fmt::format("use {} jobs: write 1 to {}", text, kMaxJobs), std::string(row.key));
  return {};
}

Result<void> check_choice(const OptionRow& row, std::string_view text) {
  const auto choices = choices_of(row);
  for (const std::string& choice : choices)
    if (choice == text) return {};
  const auto near = closest(text, choices);
  return fail(ErrorKind::usage,
              fmt::format("read '{}': write one of {}{}", text, join(choices, ", "),
                          near ? fmt::format(" (did you mean '{}'?)", *near) : ""),
              std::string(row.key));
}

constexpr double kMaxCpus = 4096;

Result<void> check_decimal(const OptionRow& row, std::string_view text) {
  const auto value = parse_double(text);
  if (!value || !(*value >= 0.01 && *value <= kMaxCpus))
    return fail(ErrorKind::usage, fmt::format("read '{}': write a number from 0.01 to {}, such as 1.5", text, kMaxCpus),
                std::string(row.key));
  return {};
}

Result<void> check_words(const OptionRow& row, std::string_view text) {
  if (text.empty()) return fail(ErrorKind::usage, "read an empty text", std::string(row.key));
  if (row.choices.empty()) return {};
  for (const std::string_view word : split(text, ',')) RH_CHECK(check_choice(row, trim(word)));
  return {};
}

Result<void> check_report(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return fail(ErrorKind::usage, fmt::format("read '{}': write NAME=PATH, such as html=report.html", text), "reports");
  return {};
}

template <class T>
Result<void> keep_error(Result<T> result) {
  if (!result) return Failure{result.error()};
  return {};
}

}  // namespace

const std::vector<OptionRow>& option_rows() { return kRows; }

const OptionRow* option_row(std::string_view key) {
  for (const OptionRow& row : kRows)
    if (row.key == key) return &row;
  return nullptr;
}

Result<void> check_value(const OptionRow& row, std::string_view text) {
  if (text == kUnlimited && may_be_unlimited(row)) return {};
  switch (row.type) {
    case OptionType::text:
    case OptionType::list:
      return check_words(row, text);
    case OptionType::decimal:
      return check_decimal(row, text);
    case OptionType::integer:
      return check_integer(row, text);
    case OptionType::count:
      return text.ends_with('%') ? keep_error(parse_decimal_percent(text)) : check_integer(row, text);
    case OptionType::size:
      return keep_error(parse_size_of(text, 1ULL << 40));
    case OptionType::duration: {
      auto span = parse_duration(text);
      if (span && span->count() <= 0) return fail(ErrorKind::usage, "use a duration of zero", std::string(row.key));
      return keep_error(std::move(span));
    }
    case OptionType::percent:
      return keep_error(parse_decimal_percent(text));
    case OptionType::boolean:
      if (text == "true" || text == "false") return {};
      return fail(ErrorKind::usage, fmt::format("read '{}': write true or false", text), std::string(row.key));
    case OptionType::choice:
      return check_choice(row, text);
    case OptionType::file_list:
      return check_report(text);
    case OptionType::slowest:
      return keep_error(parse_test_choice(text));
  }
  return fail(ErrorKind::internal, "check an option without a type", std::string(row.key));
}

Result<unsigned> parse_percent(std::string_view text) {
  const auto refuse = [&] {
    return fail(ErrorKind::usage,
                fmt::format("read the percentage '{}': write 0 to 100 with at most two decimals", text));
  };
  std::string_view rest = text;
  if (!rest.empty() && rest.back() == '%') rest.remove_suffix(1);
  rest = trim(rest);
  const std::size_t point = rest.find('.');
  const auto whole = parse_u64(rest.substr(0, point));
  std::string decimals(point == std::string_view::npos ? "" : rest.substr(point + 1));
  if (!whole || *whole > 100 || decimals.size() > 2 || (point != std::string_view::npos && decimals.empty()))
    return refuse();
  decimals.resize(2, '0');
  const auto hundredths = parse_u64(decimals);
  if (!hundredths || *whole * 100 + *hundredths > 10'000) return refuse();
  return static_cast<unsigned>(*whole * 100 + *hundredths);
}

Result<TestChoice> parse_test_choice(std::string_view text) {
  constexpr std::string_view kSlowest = "slowest:";
  if (text == "off" || text == "false") return TestChoice{};
  if (text == "all" || text == "true") return TestChoice{true, std::nullopt};
  const auto number = text.starts_with(kSlowest) ? parse_u64(text.substr(kSlowest.size())) : std::nullopt;
  if (!number || *number == 0)
    return fail(ErrorKind::usage, fmt::format("read '{}': write all, off, or slowest:N with N from 1", text));
  return TestChoice{true, *number};
}

Result<std::uint64_t> parse_size_of(std::string_view text, std::uint64_t whole) {
  if (text.empty() || text.back() != '%') {
    RH_TRY(const std::uint64_t bytes, parse_size(text));
    if (bytes == 0) return fail(ErrorKind::usage, "use a size of zero");
    return bytes;
  }
  RH_TRY(const unsigned hundredths, parse_percent(text));
  if (hundredths == 0) return fail(ErrorKind::usage, "use a size of zero");
  __extension__ typedef unsigned __int128 Wide;
  return static_cast<std::uint64_t>(static_cast<Wide>(whole) * hundredths / 10'000);
}

Result<void> Settings::set(std::string_view key, std::vector<std::string> values, Layer layer, std::string origin) {
  const OptionRow* row = option_row(key);
  RH_ASSERT(row != nullptr);
  for (const std::string& value : values) {
    if (auto good = check_value(*row, value); !good) {
      Error error = good.error();
      error.subject = origin;
      error.kind = layer == Layer::repository ? ErrorKind::config : ErrorKind::usage;
      return Failure{std::move(error)};
    }
  }
  SettingValue& entry = values_[std::string(key)];
  // A weaker layer that comes later (presets are known only once the files are read) changes nothing.
  if (!entry.values.empty() && entry.layer > layer) return {};
  entry = {std::move(values), layer, std::move(origin)};
  return {};
}

const SettingValue* Settings::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() || found->second.values.empty() ? nullptr : &found->second;
}

std::string Settings::text(std::string_view key) const {
  const SettingValue* value = find(key);
  return value == nullptr ? std::string() : value->values.back();
}

std::vector<std::string> Settings::list(std::string_view key) const {
  const SettingValue* value = find(key);
  return value == nullptr ? std::vector<std::string>() : value->values;
}

bool Settings::boolean(std::string_view key) const { return text(key) == "true"; }

}  // namespace rh::engine
