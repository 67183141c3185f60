#include "runner/adapters/node_project.h"

#include <algorithm>

#include "runner/adapters/npm_discovery.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;

// From `folder` up to `top`, both included.
std::vector<fs::path> folders_up_to(fs::path folder, const fs::path& top) {
  std::vector<fs::path> folders{folder};
  while (folder != top && folder.has_relative_path() && is_below(folder, top)) {
    folder = folder.parent_path();
    folders.push_back(folder);
  }
  return folders;
}

// Node looks for packages up to the root folder: a member of a workspace that is tested on its own
// finds what was hoisted.
std::vector<fs::path> folders_with_modules_above(const fs::path& top) {
  std::vector<fs::path> found;
  for (fs::path at = top.parent_path(); at != at.root_path(); at = at.parent_path())
    if (rh::is_directory(at / "node_modules")) found.push_back(at);
  return found;
}

std::string caller_value(const StepContext& context, const std::string& name) {
  if (context.host == nullptr) return {};
  const auto found = context.host->environment().find(name);
  return found == context.host->environment().end() ? std::string() : found->second;
}

std::string search_path(const model::Suite& suite, const StepContext& context) {
  std::vector<std::string> parts;
  for (const fs::path& folder : folders_up_to(context.suite_dir, context.repository_root))
    parts.push_back((folder / "node_modules/.bin").string());
  if (!suite.tool.path.empty()) parts.push_back(suite.tool.path.parent_path().string());
  const std::string inherited = caller_value(context, "PATH");
  parts.push_back(inherited.empty() ? "/usr/local/bin:/usr/bin:/bin" : inherited);
  return join(parts, ":");
}

bool is_gate_flag(const std::string& arg) { return is_one_of(arg, {"--check-coverage", "--100"}); }

}  // namespace

fs::path node_support_file(const StepContext& context, std::string_view name) {
  return context.support_dir / kNodeSupportFolder / name;
}

std::optional<InstalledPackage> find_installed(const fs::path& folder, const fs::path& top, const std::string& name) {
  std::vector<fs::path> places = folders_up_to(folder, top);
  for (fs::path& above : folders_with_modules_above(top)) places.push_back(std::move(above));
  for (const fs::path& at : places) {
    const fs::path package = at / "node_modules" / name;
    if (!is_file(package / "package.json")) continue;
    const auto text = read_file(package / "package.json", kManifestLimit);
    if (!text) continue;
    auto manifest = parse_npm_manifest(*text, (package / "package.json").string());
    if (manifest) return InstalledPackage{package, *std::move(manifest)};
  }
  return std::nullopt;
}

std::optional<InstalledPackage> find_installed(const StepContext& context, const std::string& name) {
  return find_installed(context.suite_dir, context.repository_root, name);
}

unsigned major_version(std::string_view version) {
  if (version.starts_with("v")) version.remove_prefix(1);
  return static_cast<unsigned>(parse_u64(version.substr(0, version.find('.'))).value_or(0));
}

fs::path node_path(const model::Suite& suite, const StepContext& context) {
  if (!suite.tool.path.empty()) return suite.tool.path;
  if (context.host != nullptr)
    if (const auto found = context.host->find_tool("node")) return *found;
  return "node";
}

std::vector<std::string> program_command(const model::Suite& suite, const StepContext& context,
                                         const std::string& package, const std::string& bin) {
  const auto installed = find_installed(context, package);
  if (!installed || !installed->manifest.bin.contains(bin)) return {bin};
  return {node_path(suite, context).string(),
          (installed->folder / installed->manifest.bin.at(bin)).lexically_normal().string()};
}

model::Step node_step(const model::Suite& suite, const StepContext& context, std::string name, model::StepKind kind) {
  model::Step step;
  step.name = std::move(name);
  step.kind = kind;
  step.command.cwd = context.suite_dir;
  step.command.env = suite.env;
  step.command.env["PATH"] = search_path(suite, context);
  step.command.env["CI"] = "1";
  std::error_code ignored;
  const fs::path real = fs::canonical(node_path(suite, context), ignored);
  // bin/node of an installation; its lib/ holds npm.
  if (!real.empty() && context.host != nullptr && is_below(real, context.host->home()))
    step.grants.push_back({real.parent_path().parent_path(), model::Access::read_only});
  for (const fs::path& above : folders_with_modules_above(context.repository_root)) {
    // Links in a workspace's node_modules lead to its other members.
    const bool around_home = context.host != nullptr && is_below(context.host->home(), above);
    const bool workspace = is_file(above / "package.json") && !around_home;
    step.grants.push_back({workspace ? above : above / "node_modules", model::Access::read_only});
  }
  return step;
}

model::Step node_test_step(const model::Suite& suite, const StepContext& context) {
  model::Step step = node_step(suite, context, suite.runner, model::StepKind::test);
  const fs::path events = context.out_dir / "events.jsonl";
  step.command.env["RUNHARNESS_EVENTS"] = events.string();
  step.results.push_back({.format = "rh-events", .path = events, .primary = true, .required = true, .scope = {}});
  return step;
}

void append_project_args(model::Step& step, const model::Suite& suite, const StepContext& context,
                         const std::vector<std::string>& args) {
  std::vector<std::string>& argv = step.command.argv;
  const auto shell_args = suite.details.find(npm_detail::kShellArgs);
  if (shell_args == suite.details.end()) {
    argv.insert(argv.end(), args.begin(), args.end());
    argv.insert(argv.end(), context.extra_args.begin(), context.extra_args.end());
    return;
  }
  argv.insert(argv.end(), context.extra_args.begin(), context.extra_args.end());
  argv.insert(argv.begin(), {"/bin/sh", "-c", "exec \"$@\" " + shell_args->second, "sh"});
}

void add_node_option(model::Step& step, const model::Suite& suite, const StepContext& context,
                     const std::string& option) {
  const auto own = suite.env.find("NODE_OPTIONS");
  const std::string before = step.command.env.contains("NODE_OPTIONS") ? step.command.env["NODE_OPTIONS"]
                             : own != suite.env.end()                  ? own->second
                                                                       : caller_value(context, "NODE_OPTIONS");
  step.command.env["NODE_OPTIONS"] = before.empty() ? option : before + " " + option;
}

fs::path coverage_folder(const StepContext& context) { return context.out_dir / "coverage"; }

void expect_lcov(model::Step& step, const model::Suite&, const StepContext& context) {
  model::CoverageSource source;
  source.format = "lcov";
  source.path = coverage_folder(context) / "lcov.info";
  source.base = context.suite_dir;
  step.coverage.push_back(std::move(source));
}

std::string coverage_wrapper_name(const model::Suite& suite, const StepContext& context) {
  const std::vector<std::string> wrapper = detail_list(suite, npm_detail::kCoverageWrapper);
  if (!wrapper.empty()) return wrapper.front();
  return !find_installed(context, "c8") && find_installed(context, "nyc") ? "nyc" : "c8";
}

std::string coverage_wrapper_problem(const model::Suite& suite, const StepContext& context) {
  const std::string name = coverage_wrapper_name(suite, context);
  if (find_installed(context, name)) return {};
  if (!detail_list(suite, npm_detail::kCoverageWrapper).empty()) return {};  // a dependency: prepare brings it
  return name + " is not installed in node_modules: add it to devDependencies to measure the coverage of " +
         suite.runner;
}

void wrap_in_coverage(model::Step& step, const model::Suite& suite, const StepContext& context) {
  std::vector<std::string> own = detail_list(suite, npm_detail::kCoverageWrapper);
  const std::string name = coverage_wrapper_name(suite, context);
  std::vector<std::string> argv = program_command(suite, context, name, name);
  if (!own.empty()) argv.insert(argv.end(), own.begin() + 1, own.end());
  const std::string folder = coverage_folder(context).string();
  const bool c8 = name == "c8";
  argv.insert(argv.end(),
              {"--reporter=lcovonly", "--reporter=text-summary", (c8 ? "--reports-dir=" : "--report-dir=") + folder,
               (c8 ? "--temp-directory=" : "--temp-dir=") + folder + "/raw"});
  // Thresholds of a configuration that the project's own script does not apply are not applied here either.
  if (own.empty() || (std::none_of(own.begin(), own.end(), is_gate_flag) && !c8))
    argv.push_back("--check-coverage=false");
  argv.insert(argv.end(), step.command.argv.begin(), step.command.argv.end());
  step.command.argv = std::move(argv);
  expect_lcov(step, suite, context);
}

std::string escape_regex(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\^$.*+?()[]{}|/").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string enter_folder(const std::string& folder) {
  return folder == "." || folder.empty() ? std::string() : "cd " + lossless_shell_quote(folder) + " && ";
}

}  // namespace rh::adapters
