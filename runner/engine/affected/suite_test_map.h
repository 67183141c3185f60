// Who tests what in one suite, over one run: which tests are taken, what they reached, and what is kept of it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/engine/affected/selection.h"
#include "runner/engine/run_context.h"
#include "runner/model/report.h"

namespace rh::engine {

// The report keeps the map up to this size; the store below .runharness keeps all of it.
constexpr std::size_t kMaxReportedRanges = 400'000;

class SuiteTestMap {
 public:
  // `slug` names the suite's file below .runharness/test-maps.
  SuiteTestMap(RunContext& context, const model::Suite& suite, std::string slug)
      : context_(context), suite_(suite), slug_(std::move(slug)) {}

  // Before the first step: decides what runs and says so.
  void plan(const adapters::Adapter& adapter, const adapters::StepContext& step);
  [[nodiscard]] bool measures() const { return measures_; }
  [[nodiscard]] const std::vector<std::string>* left_out() const {
    return asked_ && !selected_.left_out.empty() ? &selected_.left_out : nullptr;
  }
  void take(const model::TestCase& test, const model::Attempt& attempt);
  // After the last step. `ended`: every test that was to run did.
  void finish(const std::vector<model::TestMapSource>& sources, const std::vector<std::filesystem::path>& folders,
              bool ended, const std::function<void(model::Diagnostic)>& note);

 private:
  void select(const adapters::Adapter& adapter, const adapters::StepContext& step);
  [[nodiscard]] std::optional<BaseSnapshot> find_base();
  [[nodiscard]] std::optional<std::string> text_of(const std::string& path) const;
  [[nodiscard]] std::optional<std::string> stored_text(const std::string& id);
  void fetch_texts(const BaseSnapshot* base);
  [[nodiscard]] StoredMap measured_now(const std::vector<model::TestMapSource>& sources,
                                       const std::vector<std::filesystem::path>& folders,
                                       const std::function<void(model::Diagnostic)>& note);
  void keep_texts(StoredMap& map);
  void remember_failures(const std::function<void(model::Diagnostic)>& note);
  void report(const model::TestMap& map);

  RunContext& context_;
  const model::Suite& suite_;
  std::string slug_;
  bool asked_ = false, measures_ = false;
  std::string problem_;      // why nothing is measured
  std::string environment_;  // as StoredMap::environment
  std::optional<StoredMap> stored_;
  std::optional<Snapshot> before_;
  Selected selected_;
  std::map<std::string, std::string> texts_;  // of blob ids, from git and the store
  std::map<model::TestId, bool> seen_;        // test -> failed
};

}  // namespace rh::engine
