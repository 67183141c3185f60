#include "runner/engine/gate/compare.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/engine/ci_base.h"
#include "runner/engine/gate/gate.h"
#include "runner/engine/gate/gather.h"
#include "runner/engine/history/history.h"
#include "runner/engine/patch/patch.h"
#include "runner/engine/run_directory.h"

namespace rh::engine {

using namespace rh::model;
namespace fs = std::filesystem;

namespace {

class Comparer {
 public:
  explicit Comparer(const CompareRequest& request) : request_(request) {}

  Result<Comparison> compare() {
    RH_CHECK(read_base_coverage());
    RH_CHECK(compare_patch());
    RH_CHECK(read_committed());
    return std::move(result_);
  }

 private:
  Result<void> read_base_coverage() {
    const RunOptions& options = request_.options;
    if (!options.base_coverage.empty()) {
      GatherRequest gather{{}, request_.root, request_.registry, request_.host, request_.repository};
      gather.path_map = options.path_map;
      for (const fs::path& file : options.base_coverage) gather.words.push_back(file.string());
      RH_TRY(result_.base_coverage, gather_coverage(gather));
    } else if (request_.base_report != nullptr && !request_.base_report->coverage.files.empty()) {
      result_.base_coverage = request_.base_report->coverage;
    }
    return {};
  }

  Result<void> compare_patch() {
    const std::string base = base_in_force(request_.options, request_.host.environment());
    if (base.empty()) {
      // A stored run knows its patch; what it was compared with may still be found.
      if (const auto& patch = request_.report.patch; patch && !result_.base_coverage)
        find_stored_coverage(patch->merge_base);
      return {};
    }
    const bool guessed = request_.options.base.empty();
    const ChangeOptions change_options{request_.options.dirty};
    auto changes = changed_files(request_.host, request_.root, base, change_options);
    if (!changes) {
      // A review whose rules cannot be judged is not let through because a clone is shallow.
      if (!guessed || needs_patch(request_.options.gates)) return Failure{changes.error()};
      raise(Severity::warning, "base-not-found",
            "the base that the CI system names is not used: " + changes.error().message());
      return {};
    }
    RH_CHECK(check_texts(request_.host, request_.root, *changes, request_.report.coverage));
    if (!result_.base_coverage) find_stored_coverage(changes->merge_base);
    for (Diagnostic& diagnostic : changes->diagnostics)
      result_.events.emplace_back(DiagnosticRaised{std::move(diagnostic)});
    if (!changes->base_reason.empty())
      raise(Severity::info, "base-chosen", "the base is " + changes->base + ": " + changes->base_reason);
    result_.events.emplace_back(PatchCompared{
        join_patch(*changes, request_.report.coverage, result_.base_coverage ? &*result_.base_coverage : nullptr)});
    return {};
  }

  // A run of the merge base that is stored here, with its coverage file by file.
  void find_stored_coverage(const std::string& commit) {
    result_.base_coverage_reason =
        fmt::format("coverage of the merge base {} is not known: pass --base-coverage FILE, or run the tests there",
                    commit.substr(0, 12));
    if (request_.state.empty()) return;
    auto history = History::open_existing(request_.state / "history.db");
    if (!history) return;
    const auto run = history->newest_of_commit(commit);
    if (!run || !*run) return;
    const fs::path folder = request_.state / "runs" / (*run)->id.value;
    if (!is_file(folder / "events.jsonl")) return;
    auto report = load_run(folder);
    if (report && !report->coverage.files.empty()) result_.base_coverage = std::move(report->coverage);
  }

  Result<void> read_committed() {
    if (!needs_baseline(request_.options.gates)) return {};
    auto baseline = read_baseline(request_.options.baseline);
    if (baseline) {
      result_.baseline = *std::move(baseline);
      return {};
    }
    if (baseline.error().kind != ErrorKind::not_found) return Failure{baseline.error()};
    result_.baseline_reason = fmt::format("there is no {}", relative_to(request_.options.baseline, request_.root));
    return {};
  }

  void raise(Severity severity, std::string code, std::string message) {
    result_.events.emplace_back(DiagnosticRaised{{severity, std::move(code), std::move(message), {}, {}}});
  }

  const CompareRequest& request_;
  Comparison result_;
};

}  // namespace

void Comparison::fill(GateInput& input, const fs::path& root) const {
  if (base_coverage) input.base_coverage = &*base_coverage;
  input.base_coverage_reason = base_coverage_reason;
  if (baseline) input.baseline = &*baseline;
  input.baseline_reason = baseline_reason;
  input.source_exists = [root](const std::string& path) { return is_file(root / path); };
}

Result<Comparison> compare(const CompareRequest& request) { return Comparer(request).compare(); }

std::string base_in_force(const RunOptions& options, const Environment& environment) {
  if (!options.base.empty()) return options.base;
  const auto hints = base_hints(environment);
  const bool review = std::any_of(hints.begin(), hints.end(), [](const BaseHint& hint) { return hint.review; });
  return review ? std::string(kAutoBase) : std::string();
}

Result<void> check_base(const RunOptions& options, const adapters::Host& host, const fs::path& root) {
  if (options.base.empty() || options.base == kAutoBase) return {};
  RH_TRY(const Git git, Git::open(host, root));
  RH_TRY(const RepositoryFacts facts, repository_facts(git));
  RH_TRY(const std::string commit, base_commit(git, facts, options.base));
  RH_CHECK(merge_base(git, facts, options.base, commit));
  return {};
}

}  // namespace rh::engine
