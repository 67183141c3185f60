#include "runner/engine/gate/coverage_paths.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "collectors/coverage/merge.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gate/module_names.h"

namespace rh::engine {

using namespace rh::model;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxSourceBytes = 32ULL << 20;
constexpr std::uint64_t kMaxManifestBytes = 1ULL << 20;
constexpr std::size_t kProbedPaths = 500;  // of one coverage file: enough to tell where it starts

class Sources {
 public:
  Sources(const Repository& repository, const fs::path& here, const PathMap& given)
      : root_(repository.root), here_(here), given_(given) {
    for (const auto& [folder, files] : repository.folders) {
      for (const std::string& file : files) {
        names_.push_back(join_relative(folder, file));
        if (is_one_of(file, {"go.mod", "Cargo.toml", "package.json"}))
          add_module(repository.absolute(folder, file), repository.absolute(folder));
      }
    }
    known_.insert(names_.begin(), names_.end());
  }

  [[nodiscard]] collectors::PathMapping mapping(const fs::path& base) const {
    collectors::PathMapping mapping;
    mapping.repository_root = root_;
    mapping.base = base;
    mapping.given = given_;
    mapping.prefixes = modules_;
    mapping.repository_files = names_;
    mapping.keep_unresolved = true;
    return mapping;
  }

  // The nearest folder above the coverage file that has most of its relative paths, else where the caller is,
  // else the root: tools write paths from where they ran, and their output mostly stays near.
  [[nodiscard]] fs::path base_of(const ReadCoverage& read) const {
    std::vector<fs::path> candidates;
    if (is_below(read.file, root_))
      for (fs::path folder = read.file.parent_path(); is_below(folder, root_); folder = folder.parent_path())
        candidates.push_back(folder);
    candidates.push_back(here_);
    candidates.push_back(root_);
    const fs::path* best = &root_;
    std::size_t most = 0;
    for (const fs::path& candidate : candidates) {
      const std::size_t found = count_found(read.data.files, candidate);
      if (found > most) most = found, best = &candidate;
    }
    return *best;
  }

 private:
  void add_module(const fs::path& manifest, const fs::path& folder) {
    const auto text = read_file(manifest, kMaxManifestBytes);
    if (!text) return;
    for (std::string& name : module_names(manifest.filename().string(), *text))
      modules_.emplace_back(std::move(name), folder);
  }

  [[nodiscard]] std::size_t count_found(const std::vector<CoverageFile>& files, const fs::path& folder) const {
    std::size_t found = 0, probed = 0;
    for (const CoverageFile& file : files) {
      if (file.path.starts_with('/')) continue;
      if (++probed > kProbedPaths) break;
      const fs::path full = (folder / file.path).lexically_normal();
      found += known_.contains(relative_to(full, root_));
    }
    return found;
  }

  fs::path root_, here_;
  const PathMap& given_;
  std::vector<std::string> names_;
  std::unordered_set<std::string> known_;
  std::vector<std::pair<std::string, fs::path>> modules_;
};

std::string basis_of(const std::vector<ReadCoverage>& read) {
  const bool same = std::all_of(read.begin(), read.end(),
                                [&](const ReadCoverage& each) { return each.data.basis == read.front().data.basis; });
  return same ? read.front().data.basis : "lines";
}

void move_to(std::vector<CoverageFile>& into, std::vector<CoverageFile> from) {
  if (into.empty()) {
    into = std::move(from);
    return;
  }
  into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

CoverageReport join_coverage(std::vector<ReadCoverage> read, const Repository* repository, const fs::path& here,
                             const PathMap& given) {
  CoverageReport report;
  report.basis = basis_of(read);
  std::optional<Sources> sources;
  if (repository != nullptr) sources.emplace(*repository, here, given);
  std::map<fs::path, std::vector<CoverageFile>> by_base;
  for (ReadCoverage& each : read) {
    const fs::path base = sources ? sources->base_of(each) : here;
    move_to(by_base[base], std::move(each.data.files));
  }
  for (auto& [base, files] : by_base) {
    collectors::PathMapping mapping;
    if (sources) mapping = sources->mapping(base);
    mapping.keep_unresolved = true;
    CoverageReport part = collectors::resolve_paths(std::move(files), mapping);
    if (sources) std::move(part.unresolved.begin(), part.unresolved.end(), std::back_inserter(report.unresolved));
    if (report.files.empty())
      report.files = std::move(part.files);
    else
      collectors::merge_into(report.files, std::move(part.files));
  }
  std::sort(report.unresolved.begin(), report.unresolved.end());
  report.divergent = collectors::divergent_paths(report.files);
  collectors::settle_texts(report.files);
  report.totals = collectors::totals_of(report.files);
  return report;
}

std::function<std::optional<std::string>(std::string_view)> source_reader(const Repository* repository,
                                                                          const fs::path& here,
                                                                          const fs::path& beside) {
  std::vector<fs::path> folders = {here, beside};
  if (repository != nullptr) folders.push_back(repository->root);
  return [folders = std::move(folders)](std::string_view path) -> std::optional<std::string> {
    for (const fs::path& folder : folders) {
      const fs::path full = folder / fs::path(path);
      if (!is_file(full)) continue;
      if (auto text = read_file(full, kMaxSourceBytes)) return *std::move(text);
    }
    return std::nullopt;
  };
}

}  // namespace rh::engine
