// The Go adapter: `go test -json` once for each module, behind a download of what is missing.
#include <fmt/format.h>

#include <algorithm>

#include "runner/adapters/adapter.h"
#include "runner/adapters/go_arguments.h"
#include "runner/adapters/go_discovery.h"
#include "runner/adapters/go_reach.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;
using model::Access;
using model::Step;
using model::StepKind;
using model::StepMeaning;
using model::Suite;
using std::chrono::milliseconds;

constexpr std::uint64_t kEventsLimit = 256ULL << 20;
constexpr std::uint64_t kMessagesLimit = 1ULL << 20;
constexpr milliseconds kVersionTimeout{20'000};
// Go's own timeout of one package prints all goroutines, so it should come before the wall limit of the
// suite. It counts from the start of the package, while building comes before: below a minute the wall
// limit would win or lose by chance, so there it stands alone.
constexpr milliseconds kDefaultPackageTimeout{600'000};
constexpr milliseconds kShortestWallForIt{60'000}, kLongestMargin{30'000};

// By name, not "GO*": GOOGLE_APPLICATION_CREDENTIALS and the like are nobody's business.
const std::vector<std::string> kPassedVariables = {
    "GOARCH",    "GOOS",       "GOAMD64",     "GOARM",  "GOARM64",     "GO386",           "GOEXPERIMENT",
    "GODEBUG",   "GOFLAGS",    "GOENV",       "GOROOT", "GOTOOLCHAIN", "GOPRIVATE",       "GONOSUMDB",
    "GONOPROXY", "GOINSECURE", "GOSUMDB",     "GOVCS",  "GO111MODULE", "GOFIPS140",       "GOMAXPROCS",
    "GOGC",      "GOMEMLIMIT", "GOTRACEBACK", "GORACE", "GOTMPDIR",    "GCCGO",           "XDG_CONFIG_HOME",
    "CC",        "CXX",        "FC",          "AR",     "PKG_CONFIG",  "PKG_CONFIG_PATH", "CGO_*"};
const std::vector<std::string> kDownloadVariables = {
    "GOPROXY",  "GOAUTH",    "HTTP_PROXY", "HTTPS_PROXY",   "NO_PROXY",     "http_proxy",     "https_proxy",
    "no_proxy", "ALL_PROXY", "all_proxy",  "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK"};

std::string detail(const Suite& suite, const char* key) {
  const auto found = suite.details.find(key);
  return found == suite.details.end() ? std::string() : found->second;
}

// Did a package fail to build? The key and value cannot come from a test: its output is a JSON string, with
// quotes escaped.
bool build_failed(const fs::path& events) {
  const auto text = read_beneath({}, events, kEventsLimit);
  return text && text->find(R"("Action":"build-fail")") != std::string::npos;
}

// All files are behind build tags, for instance.
bool no_packages(const fs::path& messages) {
  const auto text = read_beneath({}, messages, kMessagesLimit);
  return text && text->find("\nno packages to test\n") != std::string::npos;
}

// A pattern for `go test -run` that matches this name only: levels are matched one by one.
std::string run_pattern(std::string_view name) {
  std::string pattern;
  for (const std::string_view level : split(name, '/')) {
    pattern += pattern.empty() ? "^" : "/^";
    for (const char c : level) {
      if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
    pattern += '$';
  }
  return pattern;
}

class GoAdapter : public Adapter {
 public:
  std::vector<Suite> discover(const model::Repository& repository, const Host& host,
                              std::vector<model::Diagnostic>& diagnostics) const override {
    std::vector<Suite> suites = go_suites(repository, diagnostics);
    const auto go = host.find_tool("go");
    for (Suite& suite : suites) {
      if (go)
        suite.tool.path = *go;
      else
        suite.tool.problem =
            "go is not on PATH: install it from https://go.dev/dl/ or as your distribution's package `golang`";
    }
    return suites;
  }

  void probe_tool(Suite& suite, const model::Repository&, const Host& host) const override {
    const GoToolchain go = find_go(host);
    if (go.go.empty()) return;
    suite.tool.version = go.version;
    if (!go.version.empty()) return;
    const auto answer =
        host.run_helper({{go.go.string(), "version"}, "/", {{"GOTOOLCHAIN", "local"}}}, kVersionTimeout);
    if (answer && answer->exit_code == 0)
      suite.tool.version = go_version_in(answer->standard_output);
    else
      suite.tool.problem = fmt::format("{} does not run: {}", go.go.string(),
                                       answer ? std::string(trim(answer->standard_error)) : answer.error().message());
  }

  Result<std::vector<Step>> first_steps(const Suite& suite, const StepContext& context) const override {
    const GoToolchain go = find_go(*context.host);
    std::vector<Step> steps;
    if (const auto missing = missing_go_modules(suite, context.repository_root, go); !missing.empty()) {
      RH_CHECK(make_directories(go.module_cache));  // a grant of a missing folder has no effect
      steps.push_back(download_step(suite, context, go));
    }
    if (!context.private_caches) RH_CHECK(make_directories(go.build_cache));
    std::vector<GoPackages> calls(1);
    if (context.left_out != nullptr) calls = go_selection(context, detail(suite, go_detail::kModule));
    for (std::size_t i = 0; i < calls.size(); ++i) steps.push_back(test_step(suite, context, go, calls[i], i));
    if (context.test_map && !calls.empty()) {
      RH_TRY(Step lines, go_lines_step(steps.back(), context, go, detail(suite, go_detail::kModule)));
      steps.push_back(std::move(lines));
    }
    return steps;
  }

  Result<std::vector<Step>> next_steps(const Suite&, const StepContext&, const Step&, const model::StepEnd&,
                                       bool) const override {
    return std::vector<Step>{};
  }

  // `go test` ends with 1 for failed tests and for packages that do not build alike, 2 for its usage text. A package
  // that does not build weighs more than failed tests of others: its own tests did not run.
  StepMeaning interpret(const Step& step, const model::StepEnd& end) const override {
    const bool tests = step.kind == StepKind::test;
    if (end.ending != model::Ending::exited || !end.status.exit_code)
      return tests ? StepMeaning::crashed : StepMeaning::broken;
    const int code = *end.status.exit_code;
    if (!tests) return code == 0 ? StepMeaning::ok : StepMeaning::broken;
    if (code == 0) return end.tests_finished == 0 ? StepMeaning::no_tests : StepMeaning::ok;
    if (code == 2) return StepMeaning::usage;
    if (code == 1 && end.tests_finished == 0 && no_packages(end.stderr_path)) return StepMeaning::no_tests;
    if (code == 1)
      return end.tests_failed > 0 && !build_failed(end.stdout_path) ? StepMeaning::tests_failed : StepMeaning::broken;
    return StepMeaning::crashed;
  }

  std::string rerun_command(const Suite& suite, const model::TestCase& test) const override {
    std::string package = test.classname;
    const std::string module = detail(suite, go_detail::kModule);
    if (package.empty() || package == module)
      package = ".";
    else if (!module.empty() && package.starts_with(module + "/"))
      package = "." + package.substr(module.size());
    std::string command = suite.root == "." ? "" : "cd " + lossless_shell_quote(suite.root) + " && ";
    if (!detail(suite, go_detail::kOutside).empty()) command += "GOWORK=off ";
    command += "go test -count=1";
    if (!test.name.empty()) command += " -run " + lossless_shell_quote(run_pattern(test.name));
    return command + " " + lossless_shell_quote(package);
  }

  std::string coverage_problem(const Suite&, const StepContext&) const override { return {}; }
  std::string coverage_tool(const Suite& suite, const StepContext&) const override {
    return suite.tool.version.empty() ? "go test -coverprofile" : "go " + suite.tool.version;
  }
  std::vector<SupportFile> support_files() const override { return {}; }

  std::string test_map_problem(const Suite& suite, const StepContext&) const override {
    if (!detail(suite, go_detail::kModule).empty()) return {};
    return "go.mod names no module, so that measured files cannot be found";
  }

  std::string selection_problem(const Suite& suite, const StepContext& context) const override {
    if (!go_has_skip(suite.tool.version))
      return fmt::format("go {} cannot leave out single tests: go 1.20 or later can", suite.tool.version);
    const GoTestArguments caller = split_go_test_arguments(context.extra_args);
    if (caller.has("skip") || !caller.packages.empty())
      return "the arguments behind -- name packages, or tests to skip, themselves";
    return {};
  }

 private:
  // HOME is private inside the sandbox, so the folders that default to places below it are named.
  static Step base_step(const Suite& suite, const StepContext& context, const GoToolchain& go) {
    Step step;
    step.command.cwd = context.suite_dir;
    step.command.env = {{"GOPATH", go.gopath.string()}, {"GOMODCACHE", go.module_cache.string()}};
    step.command.env["GOCACHE"] = (context.private_caches ? context.cache_dir / "go-build" : go.build_cache).string();
    // Without this a newer `toolchain` line makes go download another go.
    if (go.setting(context.host->environment(), "GOTOOLCHAIN").empty() ||
        go.setting(context.host->environment(), "GOTOOLCHAIN") == "auto")
      step.command.env["GOTOOLCHAIN"] = "local";
    if (!detail(suite, go_detail::kOutside).empty()) step.command.env["GOWORK"] = "off";
    step.pass_env = kPassedVariables;
    if (!go.goroot.empty()) step.grants.push_back({go.goroot, Access::read_only});
    if (!go.env_file.empty()) step.grants.push_back({go.env_file, Access::read_only});
    return step;
  }

  static Step download_step(const Suite& suite, const StepContext& context, const GoToolchain& go) {
    Step step = base_step(suite, context, go);
    step.name = "go mod download";
    step.kind = StepKind::prepare;
    step.command.argv = {go.go.string(), "mod", "download"};
    step.pass_env.insert(step.pass_env.end(), kDownloadVariables.begin(), kDownloadVariables.end());
    const fs::path home = context.host->home();
    step.grants.push_back({go.module_cache, Access::read_write});
    for (const char* file : {".netrc", ".gitconfig", ".config/git", ".git-credentials"})
      step.grants.push_back({home / file, Access::read_only});
    return step;
  }

  static fs::path profile_of(const StepContext& context, std::size_t call) {
    return context.out_dir / (call == 0 ? std::string("cover.out") : fmt::format("cover-{}.out", call));
  }

  static Step test_step(const Suite& suite, const StepContext& context, const GoToolchain& go, const GoPackages& call,
                        std::size_t number) {
    Step step = base_step(suite, context, go);
    const std::string module = detail(suite, go_detail::kModule);
    step.name = module.empty() ? "go test" : "go test " + module;
    if (number > 0) step.name += " " + join(call.packages, " ");
    step.command.argv = test_argv(context, go, call, number);
    step.command.env["GOPROXY"] = "off";  // a download during the tests would be a surprise, not a help
    step.grants.push_back({go.module_cache, Access::read_only});
    if (!context.private_caches) step.grants.push_back({go.build_cache, Access::read_write});
    step.results.push_back({"go-json", {}, true, true, module});
    if (context.coverage) {
      model::CoverageSource source{"go-cover", profile_of(context, number), context.suite_dir, {}, {}, false};
      if (!module.empty()) source.path_map.emplace_back(module, context.suite_dir);
      step.coverage.push_back(std::move(source));
    }
    step.quiet_output = true;
    return step;
  }

  static std::vector<std::string> test_argv(const StepContext& context, const GoToolchain& go, const GoPackages& call,
                                            std::size_t number) {
    const GoTestArguments caller = split_go_test_arguments(context.extra_args);
    GoTestArguments configured;
    configured.flags = split_go_flags(go.setting(context.host->environment(), "GOFLAGS"));
    const auto given = [&](std::string_view flag) { return caller.has(flag) || configured.has(flag); };
    std::vector<std::string> argv = {go.go.string(), "test", "-json"};
    if (!given("count")) argv.emplace_back("-count=1");  // else results may come from the cache of an earlier run
    if (!given("timeout") && context.limits.wall && *context.limits.wall < kDefaultPackageTimeout + kLongestMargin)
      argv.push_back(timeout_flag(std::chrono::duration_cast<milliseconds>(*context.limits.wall)));
    if (context.jobs > 1 && !given("p")) argv.push_back(fmt::format("-p={}", context.jobs));
    argv.insert(argv.end(), caller.flags.begin(), caller.flags.end());
    // Last, because the last one wins and the report needs it.
    if (context.coverage) argv.push_back("-coverprofile=" + profile_of(context, number).string());
    if (!call.skip.empty()) argv.push_back("-skip=" + call.skip);
    argv.insert(argv.end(), call.packages.begin(), call.packages.end());
    if (caller.packages.empty() && call.packages.empty()) argv.emplace_back("./...");
    argv.insert(argv.end(), caller.packages.begin(), caller.packages.end());
    if (!caller.binary.empty()) argv.emplace_back("-args");
    argv.insert(argv.end(), caller.binary.begin(), caller.binary.end());
    return argv;
  }

  static std::string timeout_flag(milliseconds wall) {
    if (wall < kShortestWallForIt) return "-timeout=0";
    return fmt::format("-timeout={}ms", (wall - std::min(wall / 10, kLongestMargin)).count());
  }
};

}  // namespace

std::unique_ptr<Adapter> make_go_adapter() { return std::make_unique<GoAdapter>(); }

}  // namespace rh::adapters
