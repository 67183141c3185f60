// Finds the suites of a repository: one walk, every adapter's rules, then what the configuration adds,
// changes and leaves out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runner/engine/registry.h"
#include "runner/engine/run_options.h"
#include "runner/model/repository.h"

namespace rh::engine {

// The adapters by ecosystem, made once per run.
class AdapterSet {
 public:
  explicit AdapterSet(const Registry& registry);
  [[nodiscard]] const adapters::Adapter& of(const model::Suite& suite) const;
  [[nodiscard]] const std::map<std::string, std::unique_ptr<adapters::Adapter>>& all() const { return adapters_; }

 private:
  std::map<std::string, std::unique_ptr<adapters::Adapter>> adapters_;
};

// Sorted by id; ids are unique. An `only`, `ecosystems` or `exclude` that matches nothing is a
// diagnostic, an `ecosystems` name that does not exist an error.
[[nodiscard]] Result<std::vector<model::Suite>> discover_suites(const model::Repository& repository,
                                                                const AdapterSet& adapters, const adapters::Host& host,
                                                                const RunOptions& options,
                                                                std::vector<model::Diagnostic>& diagnostics);

// Versions and usability of every suite's tool, asked side by side.
void probe_tools(std::vector<model::Suite>& suites, const AdapterSet& adapters, const model::Repository& repository,
                 const adapters::Host& host);

}  // namespace rh::engine
