// An adapter knows one ecosystem: where its suites are, which tool runs them, the commands of a
// run, where results land, and what an exit code means. It starts nothing itself.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/command.h"
#include "runner/model/report.h"
#include "runner/model/repository.h"
#include "runner/model/step.h"
#include "runner/model/suite.h"

namespace rh::adapters {

struct HelperOutput {
  int exit_code = 0;
  std::string standard_output;
  std::string standard_error;
};

// The machine as adapters may ask it. Helpers are trusted programs of the machine (go, rustc,
// python3 outside the repository), never code of the repository.
class Host {
 public:
  virtual ~Host() = default;
  // First executable of that name on the caller's PATH.
  [[nodiscard]] virtual std::optional<std::filesystem::path> find_tool(std::string_view name) const = 0;
  [[nodiscard]] virtual const model::Environment& environment() const = 0;  // the caller's
  [[nodiscard]] virtual std::filesystem::path home() const = 0;
  // What the user database calls the caller's home; HOME may name another folder.
  [[nodiscard]] virtual std::filesystem::path account_home() const { return home(); }
  [[nodiscard]] virtual Result<HelperOutput> run_helper(const model::Command& command,
                                                        std::chrono::milliseconds timeout) const = 0;
};

// Files that the adapter's plugins and reporters consist of, embedded in the executable; the engine
// writes them into a folder that the sandbox shows read-only.
struct SupportFile {
  std::string name;  // "rh_pytest_plugin.py", may have folders in it
  std::string_view contents;
};

struct StepContext {
  std::filesystem::path repository_root;
  std::filesystem::path suite_dir;    // absolute root of the suite
  std::filesystem::path out_dir;      // absolute, exists, writable in the sandbox, empty, kept with the run
  std::filesystem::path support_dir;  // absolute, read-only in the sandbox
  std::filesystem::path cache_dir;    // absolute, exists, writable in the sandbox, survives from run to run
  bool coverage = true;
  bool test_map = false;  // measure who tests what
  // Tests that are not to run; every other one is, also those that nobody knows yet. Ids as a test map has them,
  // without their suite: of tests, test files or packages (TestMap::granularity). Null: all run.
  const std::vector<std::string>* left_out = nullptr;
  bool private_caches = false;          // build caches under HOME must not be written: use cache_dir instead
  unsigned jobs = 1;                    // parallelism that one suite may use itself
  std::vector<std::string> extra_args;  // the caller's arguments behind "--"
  model::Limits limits;
  const Host* host = nullptr;
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  // By files alone: fast, no process is started. Suites of a missing tool are listed with a problem.
  [[nodiscard]] virtual std::vector<model::Suite> discover(const model::Repository& repository, const Host& host,
                                                           std::vector<model::Diagnostic>& diagnostics) const = 0;
  // Completes suite.tool (version, usability) where that needs a helper process.
  virtual void probe_tool(model::Suite& suite, const model::Repository& repository, const Host& host) const = 0;
  // The first steps of a run: prepare (only when something is missing), build, test.
  [[nodiscard]] virtual Result<std::vector<model::Step>> first_steps(const model::Suite& suite,
                                                                     const StepContext& context) const = 0;
  // More steps once `finished` ended (cargo's test binaries after the build, llvm-cov after the tests).
  // `last` is true when no other step is waiting.
  [[nodiscard]] virtual Result<std::vector<model::Step>> next_steps(const model::Suite& suite,
                                                                    const StepContext& context,
                                                                    const model::Step& finished,
                                                                    const model::StepEnd& end, bool last) const = 0;
  [[nodiscard]] virtual model::StepMeaning interpret(const model::Step& step, const model::StepEnd& end) const = 0;
  // The shell command, run from the repository root, that reruns just that test with the native tool.
  [[nodiscard]] virtual std::string rerun_command(const model::Suite& suite, const model::TestCase& test) const = 0;
  // Why there is no coverage, when first_steps could not ask for it ("coverage.py is not importable by ..."). Empty: it
  // was asked for.
  [[nodiscard]] virtual std::string coverage_problem(const model::Suite& suite, const StepContext& context) const = 0;
  // "coverage.py 7.17.3", "go tool cover", for the report; may be empty.
  [[nodiscard]] virtual std::string coverage_tool(const model::Suite& suite, const StepContext& context) const = 0;
  [[nodiscard]] virtual std::vector<SupportFile> support_files() const = 0;
  // Why who tests what cannot be measured; empty: it can.
  [[nodiscard]] virtual std::string test_map_problem(const model::Suite& suite, const StepContext& context) const;
  // What of the machine the tests load besides the tool itself, one name with its version a line; may be empty.
  [[nodiscard]] virtual std::string installed(const model::Suite&, const StepContext&) const { return {}; }
  // Why single tests cannot be left out; empty: they can.
  [[nodiscard]] virtual std::string selection_problem(const model::Suite& suite, const StepContext& context) const;
};

std::unique_ptr<Adapter> make_pytest_adapter();
std::unique_ptr<Adapter> make_npm_adapter();
std::unique_ptr<Adapter> make_go_adapter();
std::unique_ptr<Adapter> make_cargo_adapter();
std::unique_ptr<Adapter> make_custom_adapter();

}  // namespace rh::adapters
