#include "runner/engine/run_options.h"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gate/simple_rules.h"
#include "runner/model/names.h"

RH_EMBEDDED(rh_preset_local)
RH_EMBEDDED(rh_preset_ci)
RH_EMBEDDED(rh_preset_strict)
RH_EMBEDDED(rh_preset_agent)

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

// Looser first. Used to tell whether a repository file asks for less isolation than its caller.
int strictness(std::string_view key, std::string_view value) {
  const auto rank = [&](std::initializer_list<std::string_view> order) {
    return static_cast<int>(std::find(order.begin(), order.end(), value) - order.begin());
  };
  if (key == "preset") return rank({"local", "ci", "strict", "agent"});
  if (key == "isolation") return rank({"none", "contained", "strict"});
  if (key == "network") return rank({"host", "none"});
  if (key == "workspace") return rank({"rw", "overlay", "ro"});
  return rank({"read_write", "private"});  // caches
}

// What a limit allows, comparable among the texts of one key.
std::uint64_t allowance(const OptionRow& row, const std::string& text, std::uint64_t memory_bytes) {
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  if (text == kUnlimited) return kAll;
  switch (row.type) {
    case OptionType::duration:
      return static_cast<std::uint64_t>(parse_duration(text).value_or({}).count());
    case OptionType::size:
      return parse_size_of(text, memory_bytes).value_or(kAll);
    case OptionType::decimal:
      return static_cast<std::uint64_t>(parse_double(text).value_or(0) * 1000);
    default:
      return parse_u64(text).value_or(kAll);
  }
}

void warn_kept(std::vector<model::Diagnostic>& diagnostics, std::string_view key, const SettingValue& wanted,
               std::string_view kept) {
  const std::string_view asked = key.starts_with("limits.") ? "allows more" : "asks for less isolation";
  diagnostics.push_back(
      {model::Severity::warning,
       "config-loosens-isolation",
       fmt::format("{} = \"{}\" {} than \"{}\", which stays in force: a repository file may only "
                   "tighten isolation. Pass {} {} to allow it.",
                   key, wanted.values.back(), asked, kept, option_row(key)->first_flag(), wanted.values.back()),
       wanted.origin,
       {}});
}

std::string choose_preset(const Settings& settings, bool in_ci, std::vector<model::Diagnostic>& diagnostics) {
  const std::string fallback = in_ci ? "ci" : "local";
  const SettingValue* wanted = settings.find("preset");
  if (wanted == nullptr) return fallback;
  if (wanted->layer == Layer::repository &&
      strictness("preset", wanted->values.back()) < strictness("preset", fallback)) {
    warn_kept(diagnostics, "preset", *wanted, fallback);
    return fallback;
  }
  return wanted->values.back();
}

// Under the presets for code that is not trusted limits are part of the isolation; elsewhere a
// repository knows best what its suites need.
bool loosens(std::string_view key, const std::string& wanted, const std::string& of_preset, const std::string& preset,
             std::uint64_t memory_bytes) {
  if (is_one_of(key, {"isolation", "network", "caches", "workspace"}))
    return strictness(key, wanted) < strictness(key, of_preset);
  if (!key.starts_with("limits.") || !is_one_of(preset, {"strict", "agent"})) return false;
  const OptionRow& row = *option_row(key);
  return allowance(row, wanted, memory_bytes) > allowance(row, of_preset, memory_bytes);
}

// The preset's value must be compared before the file's hides it, hence a store of its own.
Result<void> add_preset(Settings& settings, const std::string& preset, std::uint64_t memory_bytes,
                        std::vector<model::Diagnostic>& diagnostics) {
  Settings of_preset;
  const std::string name = "preset " + preset;
  RH_CHECK(read_config(preset_text(preset), name, of_preset, Layer::preset, name));
  for (const auto& [key, value] : of_preset.all()) {
    const SettingValue* present = settings.find(key);
    if (present != nullptr && present->layer == Layer::repository &&
        loosens(key, present->values.back(), value.values.back(), preset, memory_bytes)) {
      warn_kept(diagnostics, key, *present, value.values.back());
      RH_CHECK(settings.set(key, value.values, Layer::repository, name + " (kept)"));
      continue;
    }
    RH_CHECK(settings.set(key, value.values, Layer::preset, name));
  }
  const SettingValue* pass = settings.find("pass_env");
  if (pass != nullptr && pass->layer == Layer::repository && preset != "local") {
    diagnostics.push_back(
        {model::Severity::warning,
         "config-loosens-isolation",
         fmt::format("pass_env is taken from a repository file only under the preset local; pass --pass-env for "
                     "each variable to allow it under '{}'.",
                     preset),
         pass->origin,
         {}});
    RH_CHECK(settings.set("pass_env", {}, Layer::repository, "kept empty"));
  }
  return {};
}

// What is tested must not decide that secrets are kept.
Result<void> keep_redaction(Settings& settings, std::vector<model::Diagnostic>& diagnostics) {
  const SettingValue* asked = settings.find("redact");
  if (asked == nullptr || asked->layer != Layer::repository || asked->values.back() == "true") return {};
  diagnostics.push_back({model::Severity::warning,
                         "config-loosens-isolation",
                         "redact = false is not taken from a repository file; pass --no-redact to keep secrets.",
                         asked->origin,
                         {}});
  return settings.set("redact", {"true"}, Layer::repository, "kept on");
}

Result<void> add_defaults(Settings& settings, const ResolveContext& context) {
  for (const OptionRow& row : option_rows())
    if (!row.fallback.empty())
      RH_CHECK(settings.set(row.key, {std::string(row.fallback)}, Layer::built_in, "built in"));
  return settings.set("jobs", {fmt::format("{}", std::max(1U, context.cores))}, Layer::built_in, "number of cores");
}

// "K=V" sets a variable, "K" alone passes the caller's.
Result<void> fill_environment(const Settings& settings, RunOptions& options) {
  options.pass_env = settings.list("pass_env");
  for (const std::string& text : settings.list("env")) {
    const std::size_t equals = text.find('=');
    if (equals == 0) return fail(ErrorKind::usage, fmt::format("read '{}': write NAME=VALUE", text), "--env");
    if (equals == std::string::npos)
      options.pass_env.push_back(text);
    else
      options.env[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return {};
}

void fill_paths(const Settings& settings, const fs::path& working_directory, PathRules& paths) {
  for (const auto& [key, into] :
       {std::pair{"rw", &paths.rw}, std::pair{"ro", &paths.ro}, std::pair{"hide", &paths.hidden}})
    for (const std::string& text : settings.list(key)) into->push_back((working_directory / text).lexically_normal());
}

void fill_isolation(const Settings& settings, RunOptions& options) {
  options.limits.network =
      model::from_name<model::NetworkPolicy>(settings.text("network")).value_or(model::NetworkPolicy::none);
  options.isolation =
      model::from_name<model::IsolationLevel>(settings.text("isolation")).value_or(model::IsolationLevel::contained);
  options.required_isolation = model::from_name<model::IsolationLevel>(settings.text("require_isolation"));
  for (const std::string& text : settings.list("require"))
    for (const std::string_view promise : split(text, ',')) options.required.emplace_back(trim(promise));
  const std::string workspace = settings.text("workspace");
  options.workspace = workspace == "overlay" ? model::WorkspaceAccess::overlay
                      : workspace == "ro"    ? model::WorkspaceAccess::ro
                                             : model::WorkspaceAccess::rw;
  options.private_caches = settings.text("caches") == "private";
}

Result<void> fill_history(const Settings& settings, const ResolveContext& context, RunOptions& options) {
  options.history = settings.boolean("history.enabled");
  if (settings.find("quarantine") != nullptr) options.quarantine = settings.boolean("quarantine");
  if (const auto text = settings.text("base_report"); !text.empty())
    options.base_report = (context.working_directory / text).lexically_normal();
  options.history_limits.runs = std::max<std::uint64_t>(1, parse_u64(settings.text("history.keep")).value_or(1));
  RH_TRY(options.history_limits.bytes, parse_size_of(settings.text("history.max_size"), context.memory_bytes));
  if (const auto text = settings.text("history.max_age"); !text.empty()) {
    RH_TRY(options.history_limits.age, parse_duration(text));
  }
  return {};
}

// "FROM=TO"; an empty TO is the repository's root.
Result<PathMap> path_map_of(const Settings& settings) {
  PathMap map;
  for (const std::string& text : settings.list("path_map")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorKind::usage, "read a path map: it is FROM=TO, such as /build/app=src", text);
    map.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return map;
}

// The baseline lies beside the file that names it, or at the root that the caller works in.
Result<void> fill_gates(const Settings& settings, const ConfigFile& config, const ResolveContext& context,
                        RunOptions& options) {
  RH_TRY(options.gates.rules, simple_rules(settings, context.memory_bytes));
  options.gates.rules.insert(options.gates.rules.end(), config.gates.rules.begin(), config.gates.rules.end());
  options.gates.components = config.gates.components;
  options.affected = settings.boolean("affected");
  options.test_map = options.affected || settings.boolean("test_map");
  options.base = settings.text("base");
  options.dirty = settings.boolean("dirty");
  RH_TRY(options.path_map, path_map_of(settings));
  options.strict_paths = settings.boolean("strict_paths");
  for (const std::string& text : settings.list("base_coverage"))
    options.base_coverage.push_back((context.working_directory / text).lexically_normal());
  const SettingValue* baseline = settings.find("gates.baseline");
  const fs::path folder = config.path.empty() ? context.working_directory : config.path.parent_path();
  const bool by_caller = baseline != nullptr && baseline->layer > Layer::repository;
  options.baseline =
      ((by_caller ? context.working_directory : folder) / settings.text("gates.baseline")).lexically_normal();
  return {};
}

// What is tested must not name a place outside of itself for the runner to write to.
void warn_outside(std::vector<model::Diagnostic>& diagnostics, const std::string& key, const fs::path& path,
                  const std::string& flag, const std::string& origin) {
  diagnostics.push_back(
      {model::Severity::warning,
       "config-loosens-isolation",
       fmt::format("{} = \"{}\" lies outside of the folder of its file and is ignored; pass {} to write "
                   "there.",
                   key, path.string(), flag),
       origin,
       {}});
}

void fill_out(const Settings& settings, const ConfigFile& config, const fs::path& working_directory,
              RunOptions& options, std::vector<model::Diagnostic>& diagnostics) {
  const SettingValue* asked = settings.find("out");
  if (asked == nullptr) return;
  const fs::path path = (working_directory / asked->values.back()).lexically_normal();
  if (asked->layer == Layer::repository && !is_below(path, config.path.parent_path()))
    return warn_outside(diagnostics, "out", path, "--out", asked->origin);
  options.out = path;
}

void fill_reports(const Settings& settings, const ConfigFile& config, const fs::path& working_directory,
                  RunOptions& options, std::vector<model::Diagnostic>& diagnostics) {
  const fs::path folder = config.path.parent_path();
  for (const ReportEntry& entry : config.reports) {
    fs::path path = (folder / entry.path).lexically_normal();
    if (is_below(path, folder))
      options.reports.push_back({entry.name, std::move(path)});
    else
      warn_outside(diagnostics, "reports." + entry.name, path, fmt::format("--report {}={}", entry.name, path.string()),
                   config.path.string());
  }
  for (const std::string& text : settings.list("reports")) {
    const std::size_t equals = text.find('=');
    options.reports.push_back(
        {text.substr(0, equals), (working_directory / text.substr(equals + 1)).lexically_normal()});
  }
}

}  // namespace

std::string_view preset_text(std::string_view name) {
  if (name == "local") return RH_EMBEDDED_TEXT(rh_preset_local);
  if (name == "ci") return RH_EMBEDDED_TEXT(rh_preset_ci);
  if (name == "strict") return RH_EMBEDDED_TEXT(rh_preset_strict);
  if (name == "agent") return RH_EMBEDDED_TEXT(rh_preset_agent);
  return {};
}

Result<model::Limits> apply_limit_texts(model::Limits limits, const std::map<std::string, std::string>& texts,
                                        std::uint64_t memory_bytes) {
  const auto time = [](std::optional<std::chrono::milliseconds>& limit, const std::string& text) -> Result<void> {
    limit.reset();
    if (text == kUnlimited) return {};
    RH_TRY(limit, parse_duration(text));
    return {};
  };
  const auto bytes = [&](std::optional<std::uint64_t>& limit, const std::string& text) -> Result<void> {
    limit.reset();
    if (text == kUnlimited) return {};
    RH_TRY(limit, parse_size_of(text, memory_bytes));
    return {};
  };
  for (const auto& [key, text] : texts) {
    if (key == "wall") RH_CHECK(time(limits.wall, text));
    if (key == "cpu") RH_CHECK(time(limits.cpu, text));
    if (key == "memory") RH_CHECK(bytes(limits.memory_bytes, text));
    if (key == "output") RH_CHECK(bytes(limits.output_bytes, text));
    if (key == "file_size") RH_CHECK(bytes(limits.file_bytes, text));
    if (key == "tmp") RH_CHECK(bytes(limits.tmp_bytes, text));
    if (key == "pids") limits.pids = parse_u64(text);  // none for "unlimited"
    if (key == "open_files") limits.open_files = parse_u64(text);
    if (key == "cpus") limits.cpus = parse_double(text);
    if (key == "grace") {
      RH_TRY(limits.grace, parse_duration(text));
    }
  }
  return limits;
}

Result<RunOptions> resolve_options(Settings& settings, const ConfigFile& config, const ResolveContext& context,
                                   std::vector<model::Diagnostic>& diagnostics) {
  RunOptions options;
  options.preset = choose_preset(settings, context.in_ci, diagnostics);
  RH_CHECK(add_preset(settings, options.preset, context.memory_bytes, diagnostics));
  RH_CHECK(keep_redaction(settings, diagnostics));
  RH_CHECK(add_defaults(settings, context));

  std::map<std::string, std::string> limits;
  for (const auto& [key, value] : settings.all())
    if (key.starts_with("limits.")) limits[key.substr(7)] = value.values.back();
  RH_TRY(options.limits, apply_limit_texts({}, limits, context.memory_bytes));
  fill_isolation(settings, options);
  RH_CHECK(fill_environment(settings, options));
  fill_paths(settings, context.working_directory, options.paths);
  options.jobs = static_cast<unsigned>(parse_u64(settings.text("jobs")).value_or(1));
  options.only = settings.list("only");
  options.ecosystems = settings.list("ecosystems");
  options.exclude = settings.list("exclude");
  options.coverage = settings.boolean("coverage");
  options.redact = settings.boolean("redact");
  RH_TRY(options.profile, parse_test_choice(settings.text("profile")));
  if (const auto text = settings.text("deadline"); !text.empty()) {
    RH_TRY(options.deadline, parse_duration(text));
  }
  RH_TRY(options.sample_interval, parse_duration(settings.text("sample_interval")));
  fill_out(settings, config, context.working_directory, options, diagnostics);
  RH_CHECK(fill_gates(settings, config, context, options));
  RH_CHECK(fill_history(settings, context, options));
  fill_reports(settings, config, context.working_directory, options, diagnostics);
  options.suite_entries = config.suites;
  return options;
}

}  // namespace rh::engine
