// Stand-ins for the world: a launcher that plays a script instead of starting processes, an adapter
// with one step, and a host without tools.
#pragma once

#include <functional>
#include <mutex>

#include "runner/engine/registry.h"
#include "sandbox/sandbox.h"

namespace rh::engine::testing {

// What the fake command "does": prints, and ends.
struct Script {
  std::string standard_output;
  model::Ending ending = model::Ending::exited;
  model::WaitStatus status{0, std::nullopt, false};
  std::function<void(const sandbox::LaunchSpec&)> act;  // e.g. writes a result file
};

class FakeLauncher : public sandbox::Launcher {
 public:
  std::map<std::string, Script> scripts;  // by argv[0]
  std::vector<sandbox::LaunchSpec> launched;

  Result<sandbox::ExitRecord> run(const sandbox::LaunchSpec& spec, const sandbox::SuperviseHooks& hooks) override {
    {
      const std::lock_guard lock(mutex_);
      launched.push_back(spec);
    }
    const Script& script = scripts[spec.command.argv.front()];
    if (script.act) script.act(spec);
    if (hooks.on_output && !script.standard_output.empty())
      hooks.on_output(model::Stream::standard_output, script.standard_output);
    if (hooks.on_tick) hooks.on_tick();
    sandbox::ExitRecord record;
    record.ending = script.ending;
    record.status = script.status;
    record.usage.wall = std::chrono::milliseconds(5);
    record.usage.user_cpu = {std::chrono::milliseconds(3), model::Scope::exact_process, "fake", ""};
    record.usage.system_cpu = {std::chrono::milliseconds(1), model::Scope::exact_process, "fake", ""};
    record.usage.peak_memory = {1U << 20, model::Scope::exact_process, "fake", ""};
    record.isolation.rows = {{"network", "none", model::MechanismState::enforced, "fake", ""}};
    return record;
  }
  model::IsolationReport probe(model::IsolationLevel) override { return {}; }
  model::HostSurvey survey() override { return {}; }
  std::unique_ptr<sandbox::Pool> make_pool(const sandbox::LaunchSpec&, std::size_t) override { return nullptr; }

 private:
  std::mutex mutex_;
};

class FakeHost : public adapters::Host {
 public:
  model::Environment variables{
      {"PATH", "/usr/bin:/bin"}, {"HOME", "/home/dev"}, {"SECRET_TOKEN", "x"}, {"LANG", "C.UTF-8"}};
  std::optional<std::filesystem::path> find_tool(std::string_view) const override { return "/usr/bin/tool"; }
  const model::Environment& environment() const override { return variables; }
  std::filesystem::path home() const override { return "/home/dev"; }
  Result<adapters::HelperOutput> run_helper(const model::Command&, std::chrono::milliseconds) const override {
    return fail(ErrorKind::not_found, "start helper", "none");
  }
};

// Finds one suite per folder that holds "suite.txt"; its runner is the file's first line.
class FakeAdapter : public adapters::Adapter {
 public:
  std::vector<model::Suite> discover(const model::Repository& repository, const adapters::Host&,
                                     std::vector<model::Diagnostic>&) const override {
    std::vector<model::Suite> suites;
    for (const auto& [folder, files] : repository.folders) {
      if (!repository.has(folder, "suite.txt")) continue;
      model::Suite suite;
      suite.id.value = folder + ":fake";
      suite.ecosystem = suite.runner = "fake";
      suite.root = folder;
      suites.push_back(suite);
    }
    return suites;
  }
  void probe_tool(model::Suite& suite, const model::Repository&, const adapters::Host&) const override {
    suite.tool.version = "1";
  }
  Result<std::vector<model::Step>> first_steps(const model::Suite& suite,
                                               const adapters::StepContext& context) const override {
    model::Step prepare, tests;
    prepare.name = "fetch";
    prepare.kind = model::StepKind::prepare;
    prepare.command = {{"fetch"}, context.repository_root, {}};
    tests.name = "tests";
    tests.command = {{suite.root}, context.suite_dir, {}};
    tests.results.push_back({"junit", {}, true, true, {}});
    if (context.coverage)
      tests.coverage.push_back({"lcov", context.suite_dir / "lcov.info", context.suite_dir, {}, {}, false});
    return std::vector<model::Step>{prepare, tests};
  }
  Result<std::vector<model::Step>> next_steps(const model::Suite&, const adapters::StepContext&, const model::Step&,
                                              const model::StepEnd&, bool) const override {
    return std::vector<model::Step>{};
  }
  model::StepMeaning interpret(const model::Step&, const model::StepEnd& end) const override {
    if (end.status.exit_code == 0) return model::StepMeaning::ok;
    return end.tests_failed > 0 ? model::StepMeaning::tests_failed : model::StepMeaning::broken;
  }
  std::string rerun_command(const model::Suite& suite, const model::TestCase& test) const override {
    return suite.root + " " + test.name;
  }
  std::string coverage_problem(const model::Suite&, const adapters::StepContext&) const override { return {}; }
  std::string coverage_tool(const model::Suite&, const adapters::StepContext&) const override { return "fake-cov 1"; }
  std::vector<adapters::SupportFile> support_files() const override { return {{"plugin.txt", "plugin"}}; }
};

inline Registry fake_registry() {
  Registry registry;
  registry.adapters = {{"fake", "", [] { return std::unique_ptr<adapters::Adapter>(new FakeAdapter); }}};
  registry.result_formats = {{"junit", "", collectors::make_junit_reader, collectors::sniff_junit}};
  registry.coverage_formats = {{"lcov", "", collectors::read_lcov, collectors::sniff_lcov}};
  return registry;
}

}  // namespace rh::engine::testing
