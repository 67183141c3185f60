// Istanbul's coverage-final.json, of nyc, jest, vitest, c8 and karma, and its raw form (.nyc_output,
// window.__coverage__): for each file a map of statements, functions and branches, and as many counts. It has no lines:
// one counts as often as the statement that starts on it and ran most. Coverage that still has its inputSourceMap is of
// generated code; it is led back to the sources as istanbul-lib-source-maps does it.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/istanbul_json.h"
#include "collectors/coverage/istanbul_mapped.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

// Statements in one place count each: the model has one block there with their number. It ran when they all did.
void add_statements(FileBuilder& file, const std::vector<IstanbulFile::Statement>& statements) {
  std::vector<model::BlockHits> blocks;
  blocks.reserve(statements.size());
  for (const auto& [place, hits] : statements)
    blocks.push_back({place.start_line, place.start_column, place.end_line, place.end_column, 1, hits});
  std::sort(blocks.begin(), blocks.end());
  const auto same_place = [](const model::BlockHits& a, const model::BlockHits& b) {
    return std::tie(a.start_line, a.start_column, a.end_line, a.end_column) ==
           std::tie(b.start_line, b.start_column, b.end_line, b.end_column);
  };
  for (auto at = blocks.begin(); at != blocks.end();) {
    model::BlockHits block = *at;
    while (++at != blocks.end() && same_place(block, *at)) ++block.statements;  // sorted: the first ran least
    file.block(block);
  }
  for (auto at = blocks.begin(); at != blocks.end();) {
    const std::uint32_t line = at->start_line;
    std::uint64_t hits = 0;
    for (; at != blocks.end() && at->start_line == line; ++at) hits = std::max(hits, at->hits);
    file.line(line, hits);
  }
}

model::CoverageFile to_file(IstanbulFile istanbul) {
  FileBuilder file(source_path(istanbul.path));
  add_statements(file, istanbul.statements);
  FunctionNames names;
  for (auto& function : istanbul.functions)
    names.add(to_valid_utf8(function.name), function.place.start_line, function.place.start_column, function.hits);
  names.move_to(file);
  std::map<std::uint32_t, std::uint32_t> blocks;  // of a line, so far
  for (const auto& branch : istanbul.branches) {
    const std::uint32_t block = blocks[branch.line]++;
    for (std::size_t arm = 0; arm < branch.hits.size(); ++arm)
      file.branch({branch.line, block, std::to_string(arm), branch.hits[arm]});
  }
  return std::move(file).finish();
}

}  // namespace

Result<CoverageData> read_istanbul(std::string_view text, const CoverageReadOptions& options) {
  DamageLog damage(options.subject);
  std::vector<model::CoverageFile> files;
  std::size_t generated = 0;
  const IstanbulEnd end = read_istanbul_json(text, [&](IstanbulFile file) {
    if (file.skipped > 0)
      damage.add(Severity::warning, "istanbul-record",
                 fmt::format("{}: {} statements, functions or branches have no place or no count and were skipped.",
                             excerpt(file.path), file.skipped));
    if (!file.map) {
      files.push_back(to_file(std::move(file)));
      return;
    }
    std::vector<IstanbulFile> sources = map_istanbul_back(file);
    if (sources.empty()) {
      ++generated;
      files.push_back(to_file(std::move(file)));
    }
    for (IstanbulFile& source : sources) files.push_back(to_file(std::move(source)));
  });
  if (!end.recognised)
    return fail(ErrorKind::parse,
                fmt::format("read Istanbul coverage: it has no file with a statementMap{}{}",
                            end.json.complete ? "" : ": ", end.json.error),
                options.subject);
  if (!end.json.complete)
    damage.add(Severity::error, "istanbul-truncated",
               fmt::format("The data ends at {}: {}. What stands before it is used.",
                           json_position(text, end.json.offset), end.json.error));
  if (generated > 0)
    damage.add(
        Severity::warning, "istanbul-source-map",
        fmt::format("The source maps of {} files lead nowhere: their coverage is of generated code.", generated));
  CoverageData data;
  data.files = gather_files(std::move(files));
  data.diagnostics = damage.take();
  return data;
}

bool sniff_istanbul(std::string_view head) {
  const JsonHead json(head);
  if (!json.is_object()) return false;
  if (json.has_any(2, {"statementMap", "fnMap", "branchMap"})) return true;
  // Counts may come first: solidity-coverage begins with those of the lines.
  return json.has_any(2, {"l", "s", "f", "b"}) && json.has_only_numbers(3);
}

}  // namespace rh::collectors
