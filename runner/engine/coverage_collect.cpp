#include "runner/engine/coverage_collect.h"

#include <algorithm>

#include <fmt/core.h>

#include "collectors/coverage/merge.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/affected/blob_id.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::uint64_t kMaxCoverageBytes = 1ULL << 30;
constexpr std::uint64_t kMaxSourceBytes = 32ULL << 20;
constexpr std::size_t kSniffBytes = 64U << 10;

// The text of a source file by the path that coverage data has for it: of the repository only, as a suite may have
// made both.
std::function<std::optional<std::string>(std::string_view)> source_reader(const CoverageSource& source,
                                                                          const Repository& repository) {
  return [base = source.base, root = repository.root](std::string_view path) -> std::optional<std::string> {
    const std::filesystem::path full = (base / std::filesystem::path(path)).lexically_normal();
    if (!is_below(full, root)) return std::nullopt;
    auto text = read_beneath({root}, full, kMaxSourceBytes);
    return text ? std::optional(*std::move(text)) : std::nullopt;
  };
}

Result<collectors::CoverageData> read_source(const CoverageSource& source,
                                             const std::vector<std::filesystem::path>& folders,
                                             const Registry& registry, const Repository& repository) {
  RH_TRY(const std::string text, read_beneath(folders, source.path, kMaxCoverageBytes));
  const std::string_view head = std::string_view(text).substr(0, kSniffBytes);
  for (const collectors::CoverageFormat& format : registry.coverage_formats) {
    const bool chosen = source.format.empty() ? format.sniff(head) : format.name == source.format;
    if (chosen) return format.read(text, {source.path.string(), source_reader(source, repository)});
  }
  return fail(ErrorKind::parse,
              text.empty() ? "read coverage: the file is empty" : "read coverage: its content is of no known format",
              source.path.string());
}

// Which text was measured: the one on disk, where it is older than the coverage file. A text that is newer may be
// another one, and its hash would claim what nobody knows.
void hash_sources(std::vector<CoverageFile>& files, const CoverageSource& source, const Repository& repository) {
  std::error_code code;
  const auto measured = std::filesystem::last_write_time(source.path, code);
  if (code) return;
  for (CoverageFile& file : files) {
    const std::filesystem::path path = repository.root / file.path;
    const auto written = std::filesystem::last_write_time(path, code);
    if (code || written > measured) continue;
    if (const auto text = read_beneath({repository.root}, path, kMaxSourceBytes)) file.source_hash = blob_id(*text);
  }
}

collectors::PathMapping mapping_of(const CoverageSource& source, const Repository& repository, const PathMap& given) {
  collectors::PathMapping mapping;
  mapping.repository_root = repository.root;
  mapping.base = source.base;
  mapping.given = given;
  mapping.prefixes = source.path_map;
  mapping.exclude_globs = source.exclude_globs;
  for (const auto& [folder, files] : repository.folders)
    for (const std::string& file : files) mapping.repository_files.push_back(join_relative(folder, file));
  return mapping;
}

}  // namespace

Diagnostic unresolved_paths(const std::vector<std::string>& paths, bool strict) {
  constexpr std::size_t kNamed = 5;
  const std::vector<std::string> named(paths.begin(),
                                       paths.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, paths.size())));
  return {
      strict ? Severity::error : Severity::info,
      std::string(kUnresolvedPaths),
      fmt::format("{} of coverage data {} in no file of the repository, or in several: {}{}; --path-map FROM=TO says "
                  "where they lie",
                  paths.size() == 1 ? "one path" : fmt::format("{} paths", paths.size()),
                  paths.size() == 1 ? "is" : "are", rh::join(named, ", "), paths.size() > kNamed ? ", ..." : ""),
      {},
      {}};
}

Diagnostic divergent_files(const std::vector<std::string>& paths) {
  return {
      Severity::warning,
      "coverage-divergent",
      fmt::format("coverage data of {} {} made from different texts, or has different branches on a line (first: {}): "
                  "its figures are not those of one state of the code",
                  paths.size() == 1 ? "one file" : fmt::format("{} files", paths.size()),
                  paths.size() == 1 ? "was" : "were", paths.front()),
      {},
      {}};
}

CoverageReport collect_coverage(const std::vector<CoverageSource>& sources,
                                const std::vector<std::filesystem::path>& folders, const Registry& registry,
                                const Repository& repository, const PathMap& given,
                                const std::function<void(Diagnostic)>& note) {
  CoverageReport report;
  std::optional<CoverageTotals> native;
  for (const CoverageSource& source : sources) {
    auto data = read_source(source, folders, registry, repository);
    if (!data) {
      const bool missing = data.error().kind == ErrorKind::not_found;
      note({Severity::warning,
            missing ? "coverage-missing" : "coverage-unreadable",
            missing ? "the coverage file was not written: the process that measures died or never ran"
                    : data.error().message(),
            source.path.string(),
            {}});
      report.reason = missing ? "the coverage file was not written" : data.error().message();
      continue;
    }
    for (Diagnostic& diagnostic : data->diagnostics) note(std::move(diagnostic));
    CoverageReport resolved = collectors::resolve_paths(std::move(data->files), mapping_of(source, repository, given));
    hash_sources(resolved.files, source, repository);
    collectors::merge_into(report.files, std::move(resolved.files));
    report.unresolved.insert(report.unresolved.end(), resolved.unresolved.begin(), resolved.unresolved.end());
    report.basis = data->basis;
    if (source.native_totals && sources.size() == 1) native = data->declared;
  }
  collectors::settle_texts(report.files);
  report.divergent = collectors::divergent_paths(report.files);
  if (!report.divergent.empty()) note(divergent_files(report.divergent));
  report.totals = collectors::totals_of(report.files);
  if (native && native->lines) report.totals.lines = native->lines;
  if (native && native->functions) report.totals.functions = native->functions;
  if (!report.files.empty())
    report.reason.clear();
  else if (report.reason.empty())
    report.reason = "the coverage data names no file of the repository";
  return report;
}

}  // namespace rh::engine
