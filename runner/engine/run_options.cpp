#include "runner/engine/run_options.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
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
  return rank({"read_write", "private"});  // caches
}

void warn_kept(std::vector<model::Diagnostic>& diagnostics, std::string_view key, const SettingValue& wanted,
               std::string_view kept, std::string_view flag) {
  diagnostics.push_back(
      {model::Severity::warning,
       "config-loosens-isolation",
       fmt::format("{} = \"{}\" asks for less isolation than \"{}\", which stays in force: a repository file may "
                   "only tighten isolation. Pass {} {} to allow it.",
                   key, wanted.values.back(), kept, flag, wanted.values.back()),
       wanted.origin,
       {}});
}

std::string choose_preset(const Settings& settings, bool in_ci, std::vector<model::Diagnostic>& diagnostics) {
  const std::string fallback = in_ci ? "ci" : "local";
  const SettingValue* wanted = settings.find("preset");
  if (wanted == nullptr) return fallback;
  if (wanted->layer == Layer::repository &&
      strictness("preset", wanted->values.back()) < strictness("preset", fallback)) {
    warn_kept(diagnostics, "preset", *wanted, fallback, "--preset");
    return fallback;
  }
  return wanted->values.back();
}

// The preset's value must be compared before the file's hides it, hence a store of its own.
Result<void> add_preset(Settings& settings, const std::string& preset, std::vector<model::Diagnostic>& diagnostics) {
  Settings of_preset;
  const std::string name = "preset " + preset;
  RH_CHECK(read_config(preset_text(preset), name, of_preset, Layer::preset, name));
  for (const auto& [key, value] : of_preset.all()) {
    const SettingValue* present = settings.find(key);
    const bool isolating = is_one_of(key, {"isolation", "network", "caches"});
    if (isolating && present != nullptr && present->layer == Layer::repository &&
        strictness(key, present->values.back()) < strictness(key, value.values.back())) {
      warn_kept(diagnostics, key, *present, value.values.back(), option_row(key)->flag);
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

Result<void> add_defaults(Settings& settings, const ResolveContext& context) {
  for (const OptionRow& row : option_rows())
    if (!row.fallback.empty())
      RH_CHECK(settings.set(row.key, {std::string(row.fallback)}, Layer::built_in, "built in"));
  return settings.set("jobs", {fmt::format("{}", std::max(1U, context.cores))}, Layer::built_in, "number of cores");
}

Result<void> fill_gates(const Settings& settings, std::uint64_t memory_bytes, GateRules& gates) {
  if (const auto text = settings.text("gates.min_coverage"); !text.empty()) {
    RH_TRY(gates.min_coverage, parse_percent(text));
  }
  if (const auto text = settings.text("gates.max_wall"); !text.empty()) {
    RH_TRY(gates.max_wall, parse_duration(text));
  }
  if (const auto text = settings.text("gates.max_memory"); !text.empty()) {
    RH_TRY(gates.max_memory_bytes, parse_size_of(text, memory_bytes));
  }
  gates.max_failures = parse_u64(settings.text("gates.max_failures"));
  gates.min_tests = parse_u64(settings.text("gates.min_tests"));
  return {};
}

void fill_reports(const Settings& settings, const ConfigFile& config, const fs::path& working_directory,
                  RunOptions& options) {
  for (const ReportEntry& entry : config.reports)
    options.reports.push_back({entry.name, (config.path.parent_path() / entry.path).lexically_normal()});
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
  for (const auto& [key, text] : texts) {
    if (key == "wall") {
      RH_TRY(limits.wall, parse_duration(text));
    } else if (key == "cpu") {
      RH_TRY(limits.cpu, parse_duration(text));
    } else if (key == "grace") {
      RH_TRY(limits.grace, parse_duration(text));
    } else if (key == "pids" || key == "open_files") {
      (key == "pids" ? limits.pids : limits.open_files) = parse_u64(text);
    } else {
      RH_TRY(const std::uint64_t bytes, parse_size_of(text, memory_bytes));
      if (key == "memory") limits.memory_bytes = bytes;
      if (key == "output") limits.output_bytes = bytes;
      if (key == "file_size") limits.file_bytes = bytes;
      if (key == "tmp") limits.tmp_bytes = bytes;
    }
  }
  return limits;
}

Result<RunOptions> resolve_options(Settings& settings, const ConfigFile& config, const ResolveContext& context,
                                   std::vector<model::Diagnostic>& diagnostics) {
  RunOptions options;
  options.preset = choose_preset(settings, context.in_ci, diagnostics);
  RH_CHECK(add_preset(settings, options.preset, diagnostics));
  RH_CHECK(add_defaults(settings, context));

  std::map<std::string, std::string> limits;
  for (const auto& [key, value] : settings.all())
    if (key.starts_with("limits.")) limits[key.substr(7)] = value.values.back();
  RH_TRY(options.limits, apply_limit_texts({}, limits, context.memory_bytes));
  options.limits.network =
      model::from_name<model::NetworkPolicy>(settings.text("network")).value_or(model::NetworkPolicy::none);
  options.isolation =
      model::from_name<model::IsolationLevel>(settings.text("isolation")).value_or(model::IsolationLevel::contained);
  options.required_isolation = model::from_name<model::IsolationLevel>(settings.text("require_isolation"));
  options.private_caches = settings.text("caches") == "private";
  options.jobs = static_cast<unsigned>(parse_u64(settings.text("jobs")).value_or(1));
  options.only = settings.list("only");
  options.ecosystems = settings.list("ecosystems");
  options.exclude = settings.list("exclude");
  options.pass_env = settings.list("pass_env");
  options.coverage = settings.boolean("coverage");
  if (const auto text = settings.text("deadline"); !text.empty()) {
    RH_TRY(options.deadline, parse_duration(text));
  }
  RH_TRY(options.sample_interval, parse_duration(settings.text("sample_interval")));
  if (const auto text = settings.text("out"); !text.empty())
    options.out = (context.working_directory / text).lexically_normal();
  RH_CHECK(fill_gates(settings, context.memory_bytes, options.gates));
  fill_reports(settings, config, context.working_directory, options);
  options.suite_entries = config.suites;
  return options;
}

}  // namespace rh::engine
