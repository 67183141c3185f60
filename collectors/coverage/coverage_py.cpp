// The JSON report of coverage.py. It knows which lines and branches ran, not how often: hits are 0
// or 1. With branch measurement on, coverage.py's own percentage is lines and branches together, so
// that is the basis.
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/merge.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;
using nlohmann::json;

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

std::optional<std::int64_t> integer(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return number > INT64_MAX ? std::nullopt : std::optional(static_cast<std::int64_t>(number));
  }
  return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

std::optional<std::uint32_t> line_number(const json& value) {
  const auto number = integer(value);
  if (!number || *number <= 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// One entry of "files".
class FileReader {
 public:
  FileReader(const std::string& path, const json& entry, DamageLog& damage)
      : path_(path), entry_(entry), damage_(damage), file_(source_path(path)) {}

  model::CoverageFile read() && {
    for (const std::uint32_t line : lines_of(entry_, "executed_lines")) file_.line(line, 1);
    const std::vector<std::uint32_t> missing = lines_of(entry_, "missing_lines");
    for (const std::uint32_t line : missing) file_.line(line, 0);
    const std::set<std::uint32_t> not_run(missing.begin(), missing.end());
    read_branches("executed_branches", 1, not_run);
    read_branches("missing_branches", 0, not_run);
    read_functions();
    return std::move(file_).finish();
  }

 private:
  std::vector<std::uint32_t> lines_of(const json& object, const char* name) {
    std::vector<std::uint32_t> lines;
    const json* array = member(object, name);
    if (array == nullptr || !array->is_array()) {
      bad(name);
      return lines;
    }
    for (const json& value : *array) {
      if (const auto line = line_number(value))
        lines.push_back(*line);
      else
        bad(name);
    }
    return lines;
  }

  // [from, to]; a negative `to` leaves the code object. A branch of a line that never ran was never
  // evaluated, which is not the same as evaluated and not taken.
  void read_branches(const char* name, std::uint64_t taken, const std::set<std::uint32_t>& not_run) {
    const json* array = member(entry_, name);
    if (array == nullptr) return;  // measured without branches
    if (!array->is_array()) return bad(name);
    for (const json& arc : *array) {
      const bool pair = arc.is_array() && arc.size() == 2;
      const auto from = pair ? line_number(arc[0]) : std::nullopt;
      const auto to = pair ? integer(arc[1]) : std::nullopt;
      if (!from || !to) {
        bad(name);
        continue;
      }
      model::BranchHits branch{*from, 0, std::to_string(*to), taken};
      if (not_run.contains(*from)) branch.taken.reset();
      file_.branch(std::move(branch));
    }
  }

  // Since coverage.py 7.6; "" is the module's own code, and a function without statements does not count.
  void read_functions() {
    const json* functions = member(entry_, "functions");
    if (functions == nullptr || !functions->is_object()) return;
    for (const auto& [name, region] : functions->items()) {
      if (name.empty()) continue;
      const bool ran = !lines_of(region, "executed_lines").empty();
      if (!ran && lines_of(region, "missing_lines").empty()) continue;
      const json* start = member(region, "start_line");
      file_.function({name, start == nullptr ? 0 : line_number(*start).value_or(0), ran ? 1U : 0U});
    }
  }

  void bad(const char* name) {
    damage_.add(Severity::warning, "coverage-py-record",
                fmt::format("{}: {} is missing or not as expected.", excerpt(path_), name));
  }

  const std::string& path_;
  const json& entry_;
  DamageLog& damage_;
  FileBuilder file_;
};

std::optional<model::Ratio> ratio_of(const json& totals, const char* found, const char* hit) {
  const json* all = member(totals, found);
  const json* some = member(totals, hit);
  if (all == nullptr || some == nullptr) return std::nullopt;
  const auto all_count = integer(*all);
  const auto some_count = integer(*some);
  if (!all_count || !some_count || *all_count < 0 || *some_count < 0) return std::nullopt;
  return model::Ratio{static_cast<std::uint64_t>(*all_count), static_cast<std::uint64_t>(*some_count)};
}

// Recorded contexts (which test ran which line) and class regions can outweigh the rest many times
// and are not used: they never become part of the document.
bool is_wanted(int depth, json::parse_event_t event, const json& key) {
  constexpr int kDepthOfFileMembers = 3;
  if (event != json::parse_event_t::key || depth != kDepthOfFileMembers) return true;
  return key != "contexts" && key != "classes";
}

Result<json> parse(std::string_view text, std::string_view subject) {
  try {
    return json::parse(
        text, [](int depth, json::parse_event_t event, json& parsed) { return is_wanted(depth, event, parsed); });
  } catch (const json::exception& error) {
    return fail(ErrorKind::parse, fmt::format("read coverage.py JSON: {}", to_valid_utf8(error.what())),
                std::string(subject));
  }
}

}  // namespace

Result<CoverageData> read_coverage_py_json(std::string_view text, const CoverageReadOptions& options) {
  RH_TRY(const json document, parse(text, options.subject));
  const json* files = member(document, "files");
  if (files == nullptr || !files->is_object())
    return fail(ErrorKind::parse, "read coverage.py JSON: it has no object \"files\"", options.subject);
  DamageLog damage(options.subject);
  CoverageData data;
  for (const auto& [path, entry] : files->items()) data.files.push_back(FileReader(path, entry, damage).read());
  data.files = gather_files(std::move(data.files));
  const json* meta = member(document, "meta");
  const json* branch = meta == nullptr ? nullptr : member(*meta, "branch_coverage");
  if (branch != nullptr && branch->is_boolean() && branch->get<bool>()) data.basis = "lines+branches";
  if (const json* totals = member(document, "totals")) {
    data.declared.emplace();
    data.declared->lines = ratio_of(*totals, "num_statements", "covered_lines");
    data.declared->branches = ratio_of(*totals, "num_branches", "covered_branches");
    if (data.declared->lines && data.declared->lines != totals_of(data.files).lines.value_or(model::Ratio{}))
      damage.add(Severity::warning, "coverage-totals",
                 "The line totals of the file differ from its lines; they were counted again.");
  }
  data.diagnostics = damage.take();
  return data;
}

bool sniff_coverage_py_json(std::string_view head) {
  if (!trim(head).starts_with('{')) return false;
  return head.find("\"branch_coverage\"") != std::string_view::npos ||
         head.find("\"executed_lines\"") != std::string_view::npos;
}

}  // namespace rh::collectors
