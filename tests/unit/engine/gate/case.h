// A report to judge, in few characters: one line of a source file is one of
//   '1' hit   '0' missed   '-' no code   'f' hit, both branches taken   'p' hit, one of two branches taken
//   'u' missed, none of two branches taken
// and a changed line of a patch is 'c' covered, 'p' partial, 'u' uncovered, 'n' without data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runner/engine/gate/baseline.h"
#include "runner/engine/gate/gate.h"

namespace rh::engine::gate_test {

[[nodiscard]] model::CoverageFile source_file(const std::string& path, std::string_view lines);

struct Case {
  model::RunReport report;
  Components components;
  std::shared_ptr<model::CoverageReport> base;
  std::shared_ptr<Baseline> baseline;
  std::vector<std::string> sources;  // files that the repository still has, besides those with coverage

  Case& file(const std::string& path, std::string_view lines);
  Case& totals(model::Ratio lines);  // without files
  Case& base_file(const std::string& path, std::string_view lines);
  Case& baseline_file(const std::string& path, std::uint64_t uncovered_lines);
  Case& patch();
  Case& changed(const std::string& path, std::string_view states,
                model::PatchFileKind kind = model::PatchFileKind::modified);
  Case& branches(model::Ratio ratio);  // of the file that was changed last
  Case& unmeasured(const std::string& path, std::uint32_t code_lines, bool source = true);
  Case& renamed(const std::string& from, const std::string& to, std::string_view states = "");
  Case& suite(const std::string& id, model::TestCounts counts);
  Case& test(const std::string& name, model::Outcome outcome);  // in the last suite
  Case& diagnostic(model::Severity severity, const std::string& code);

  [[nodiscard]] GateInput input() const;
};

// passed, failed, skipped, flaky of a suite.
[[nodiscard]] model::TestCounts counts(std::uint64_t passed, std::uint64_t failed = 0, std::uint64_t skipped = 0,
                                       std::uint64_t flaky = 0);

}  // namespace rh::engine::gate_test
