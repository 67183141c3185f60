// Puts the parts together in the order in which a sandbox is set up, and holds what they share.
#include "sandbox/survey.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "runner/base/text.h"
#include "sandbox/survey_rows.h"

namespace rh::sandbox {
namespace {

constexpr const char* kSwitchFile = "/etc/sysctl.d/60-runharness.conf";
constexpr const char* kBootFile = "/etc/default/grub.d/60-runharness.cfg";

}  // namespace

std::string as_root(const SurveyFacts& facts, const std::string& command) {
  return facts.uid == 0 ? command : "sudo " + command;
}

std::string write_as_root(const SurveyFacts& facts, const std::string& text, const std::string& file) {
  return fmt::format("printf '%s\\n' {} | {}", lossless_shell_quote(text), as_root(facts, "tee -a " + file));
}

std::vector<std::string> on_host(const SurveyFacts& facts, std::vector<std::string> commands) {
  if (!facts.container.empty()) commands.insert(commands.begin(), "# on the host around this container, as root:");
  return commands;
}

std::vector<std::string> set_switch(const SurveyFacts& facts, const std::string& name, const std::string& value) {
  return on_host(facts, {as_root(facts, fmt::format("sysctl -w {}={}", name, value)),
                         write_as_root(facts, fmt::format("{} = {}", name, value), kSwitchFile)});
}

std::vector<std::string> add_boot_parameter(const SurveyFacts& facts, const std::string& parameter) {
  return on_host(
      facts, {write_as_root(facts, fmt::format("GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX {}\"", parameter), kBootFile),
              as_root(facts, "update-grub"), as_root(facts, "reboot")});
}

std::string container_of(bool dockerenv, bool containerenv, std::string_view groups_of_init) {
  const auto mentions = [&](std::string_view word) { return groups_of_init.find(word) != std::string_view::npos; };
  if (mentions("kubepods")) return "kubernetes";
  if (containerenv || mentions("libpod")) return "podman";
  if (dockerenv || mentions("docker")) return "docker";
  if (mentions("/lxc")) return "lxc";
  return mentions("containerd") ? "containerd" : "";
}

std::vector<std::string> covers_of_proc(std::string_view mountinfo) {
  std::vector<std::string> covers;
  for (const std::string_view line : split_lines(mountinfo)) {
    const auto fields = split(line, ' ');
    if (fields.size() < 5 || !fields[4].starts_with("/proc/")) continue;
    if (fields[4] == "/proc/sys/fs/binfmt_misc") continue;  // a file system of its own, on every host
    if (std::find(covers.begin(), covers.end(), fields[4]) == covers.end()) covers.emplace_back(fields[4]);
  }
  return covers;
}

model::HostSurvey survey_host(const Host& host, const SurveyFacts& facts) {
  model::HostSurvey survey;
  survey.kernel = facts.kernel;
  survey.runner = facts.uid == 0 ? "root" : fmt::format("{} (uid {})", facts.user, facts.uid);
  survey.container = facts.container;
  for (const auto part : {survey_namespaces, survey_privileges, survey_groups, survey_observation}) {
    SurveyRows rows = part(host, facts);
    std::move(rows.begin(), rows.end(), std::back_inserter(survey.rows));
  }
  return survey;
}

}  // namespace rh::sandbox
