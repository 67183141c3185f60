// What the command may do: capabilities, no_new_privs, the system call filter, Landlock.
#include <fmt/format.h>

#include "runner/base/text.h"
#include "sandbox/survey_rows.h"

namespace rh::sandbox {
namespace {

using model::SurveyRow;
using model::SurveyState;

constexpr int kLandlockScopes = 6;  // the version that confines signals and abstract sockets

SurveyRow survey_capabilities() {
  return {"capabilities", SurveyState::works, "all sets emptied, the bounding set too", {}, {}, every_preset()};
}

SurveyRow survey_no_new_privs(const SurveyFacts& facts) {
  SurveyRow row{"no_new_privs", SurveyState::works, "set-uid programs and file capabilities gain nothing", {}, {},
                every_preset()};
  if (facts.no_new_privs) return row;
  row.state = SurveyState::missing;
  row.by.clear();
  row.reason = "the kernel does not know PR_SET_NO_NEW_PRIVS";
  row.remedy = on_host(facts, {"# Linux 3.5 or later, and no filter around this process that refuses prctl"});
  return row;
}

SurveyRow survey_filter(const Host& host, const SurveyFacts& facts) {
  SurveyRow row{"system call filter", SurveyState::works, "seccomp, made by libseccomp at build time", {}, {},
                every_preset()};
  if (host.seccomp && facts.filters) return row;
  row.state = SurveyState::missing;
  row.by.clear();
  if (!host.seccomp) {
    row.reason = host.seccomp.reason;
    row.remedy = {as_root(facts, "apt-get install libseccomp-dev"), "# and build runharness again"};
  } else {
    row.reason = "the kernel takes no filters from this process";
    row.remedy = on_host(
        facts, {"# a kernel with CONFIG_SECCOMP_FILTER=y; this one says:", "grep SECCOMP /boot/config-$(uname -r)"});
  }
  return row;
}

std::string coverage_of(int abi) {
  std::string covered = "files";
  if (abi >= 4) covered += ", TCP";
  if (abi >= 5) covered += ", ioctl";
  if (abi >= kLandlockScopes) covered += ", signals, abstract sockets";
  return covered;
}

std::vector<std::string> enable_landlock(const SurveyFacts& facts) {
  const std::string loaded = facts.lsm ? std::string(trim(*facts.lsm)) : "lockdown,yama,integrity,apparmor,bpf";
  std::vector<std::string> remedy = add_boot_parameter(facts, "lsm=landlock," + loaded);
  if (!facts.lsm)
    remedy.insert(remedy.begin() + (facts.container.empty() ? 0 : 1),
                  "# with this kernel's own list behind landlock: cat /sys/kernel/security/lsm");
  return remedy;
}

// Where namespaces work, Landlock only scopes what they leave open: a run with the host's network.
SurveyRow survey_landlock(const Host& host, const SurveyFacts& facts) {
  SurveyRow row{"Landlock", SurveyState::works, {}, {}, {}, {}};
  if (!host.landlock) {
    row.state = SurveyState::missing;
    const bool listed = facts.lsm && facts.lsm->find("landlock") != std::string::npos;
    row.reason = host.landlock.reason;
    if (facts.lsm && !listed) row.reason += fmt::format(" among its modules ({})", trim(*facts.lsm));
    if (host.namespaces)
      row.reason += "; with network = host abstract unix sockets of the host can be reached";
    else
      row.reason += "; without namespaces it would be the file and network policy";
    row.remedy = listed && !facts.container.empty()
                     ? std::vector<std::string>{"# start the container with a seccomp profile that allows landlock_*"}
                     : enable_landlock(facts);
    return row;
  }
  row.by = fmt::format("version {}: {}", host.landlock_abi, coverage_of(host.landlock_abi));
  if (host.landlock_abi >= kLandlockScopes) return row;
  row.state = SurveyState::partly;
  row.reason = "abstract unix sockets and signals need version 6: reachable with network = host";
  row.remedy = on_host(facts, {"# Linux 6.12 or later; on Debian:",
                               as_root(facts, "apt-get install -t bookworm-backports linux-image-amd64")});
  return row;
}

}  // namespace

SurveyRows survey_privileges(const Host& host, const SurveyFacts& facts) {
  return {survey_capabilities(), survey_no_new_privs(facts), survey_filter(host, facts), survey_landlock(host, facts)};
}

}  // namespace rh::sandbox
