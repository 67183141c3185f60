// A test runner of the Node world: how to start it with our reporter and what its exit code means.
// One small file each.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

class NodeRunner {
 public:
  virtual ~NodeRunner() = default;
  [[nodiscard]] virtual std::string package() const = 0;  // npm package; empty when it comes with node
  [[nodiscard]] virtual Result<model::Step> test_step(const model::Suite& suite, const StepContext& context) const = 0;
  [[nodiscard]] virtual std::string rerun(const model::Suite& suite, const model::TestCase& test) const = 0;
  [[nodiscard]] virtual std::string coverage_problem(const model::Suite& suite, const StepContext& context) const = 0;
  [[nodiscard]] virtual std::string coverage_tool(const model::Suite& suite, const StepContext& context) const = 0;
  // As in Adapter.
  [[nodiscard]] virtual std::string test_map_problem(const model::Suite& suite, const StepContext&) const {
    return suite.runner + " does not tell which test reaches which lines";
  }
  [[nodiscard]] virtual std::string selection_problem(const model::Suite& suite, const StepContext&) const {
    return "test files of " + suite.runner + " cannot be left out";
  }
  // Steps behind the tests that find out who tests what; `test` is what test_step() made.
  [[nodiscard]] virtual std::vector<model::Step> lines_steps(const model::Suite&, const StepContext&,
                                                             const model::Step&) const {
    return {};
  }
  // Texts in the output of a failed run without failed tests: there were none, or the arguments were refused.
  [[nodiscard]] virtual std::vector<std::string_view> no_tests_texts() const = 0;
  [[nodiscard]] virtual std::vector<std::string_view> usage_texts() const = 0;
};

std::unique_ptr<NodeRunner> make_node_test();
std::unique_ptr<NodeRunner> make_vitest();
std::unique_ptr<NodeRunner> make_jest();
std::unique_ptr<NodeRunner> make_mocha();
std::unique_ptr<NodeRunner> make_npm_as_is();

}  // namespace rh::adapters
