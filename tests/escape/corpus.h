// The escape corpus: every row is one attack, tried twice. First without any sandbox, where it has to
// succeed (else the test would prove nothing), then inside, where it has to fail with exactly the errno
// or the ending that the row names. After every run the invariants G1 to G4 are checked (invariants.h).
// The whole corpus runs three times, see as_user.cpp: as root, as an ordinary user, and as one without
// user namespaces; `column()` says as which.
//
// How to add a row:
//   1. The hostile act: a function and a table row in probes/GROUP.cpp, unless there is one already.
//   2. A test in corpus_GROUP_test.cpp whose name begins with the row's id:
//
//        TEST_F(Corpus, A02_AppendsToAFileOutsideTheWorkspace) {
//          const fs::path victim = outside("victim", "intact\n");
//          const Attack attack = this->attack("append", {victim});
//          EXPECT_EQ(attack.caged.said("append " + victim.string()), refused_write());
//        }
//
//   `attack` runs the control and expects that the act goes through, then the same in the sandbox, and
//   expects that it does not. Where the two need something between them, call `uncaged` and `caged`.
//   3. What a column does not promise is not skipped: `expect_admitted(ran, "network")` holds when the
//      report of the run says that the mechanism is degraded or refused, and why.
//   4. Where the control needs root, U and N have a weaker one: say so with `weaker_control(why)`.
//   5. GTEST_SKIP only for what this machine lacks (a device, IPv6), with the reason.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/file.h"
#include "sandbox/sandbox.h"

namespace rh::escape {

enum class Column { root, user, no_userns };
[[nodiscard]] Column column();
// What a row expects where namespaces keep its promise (R and U), and where Landlock has to (N).
[[nodiscard]] inline const char* expected(const char* by_namespaces, const char* by_landlock) {
  return column() == Column::no_userns ? by_landlock : by_namespaces;
}

// No test may wait longer for anything.
constexpr std::chrono::milliseconds kPatience{5000};

// One run of a program, with or without a sandbox, and what it said.
struct Ran {
  sandbox::ExitRecord record;          // without a sandbox: ending and status only
  std::vector<std::string> survivors;  // command lines of processes that outlived it; without a sandbox only
  std::string out, err;

  // Of a probe: what came of the act ("ok", "EROFS"), or what it found; "(nothing)" when it did not say.
  [[nodiscard]] std::string said(std::string_view act) const;
  // The probe's verdict: 0 when an act went through, else an errno; -1 when it did not exit.
  [[nodiscard]] int code() const { return record.status.exit_code.value_or(-1); }
  // For a failure message.
  [[nodiscard]] std::string everything() const;
};

struct Attack {
  Ran free, caged;
};

using Words = std::vector<std::string>;
using Shape = std::function<void(sandbox::LaunchSpec&)>;

class Corpus : public ::testing::Test {
 protected:
  Corpus();

  // The probe with these arguments: without a sandbox, then with one.
  Attack attack(const std::string& probe, const Words& arguments, const Shape& shape = {});
  // The control alone: fork and exec, nothing else. Whatever outlives it is killed at its end.
  Ran uncaged(const std::string& probe, const Words& arguments);
  Ran uncaged_command(const Words& argv);
  // Inside alone, at level `contained` unless `shape` changes it.
  Ran caged(const std::string& probe, const Words& arguments, const Shape& shape = {});
  Ran run(const sandbox::LaunchSpec& spec, sandbox::SuperviseHooks hooks = {});
  Ran run_with(sandbox::Launcher& launcher, const sandbox::LaunchSpec& spec, sandbox::SuperviseHooks hooks = {});

  // The spec that `caged` would run. Its limits keep every test short.
  [[nodiscard]] sandbox::LaunchSpec spec(const Words& argv) const;
  [[nodiscard]] sandbox::LaunchSpec probe_spec(const std::string& probe, const Words& arguments) const;

  [[nodiscard]] const std::filesystem::path& workspace() const { return workspace_; }
  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  // A new file of the caller's that no policy mentions, in a folder that none mentions. Every uid may
  // write both: what keeps a command out has to be the sandbox.
  [[nodiscard]] std::filesystem::path outside(const std::string& name, std::string_view text) const;
  [[nodiscard]] const std::filesystem::path& outside_folder() const { return outside_; }
  // The errno of a write there: by a read-only mount, or by Landlock; or the folder is not there at all,
  // because it had to be made in /tmp and a sandbox has one of its own.
  [[nodiscard]] static const char* refused_write();
  [[nodiscard]] static bool outside_is_private();

  // The control's meaning is less than the row asks for; shown in the output of the tests.
  static void weaker_control(const std::string& why);

  // One for all tests: the host is probed once.
  [[nodiscard]] static sandbox::Launcher& launcher();

 private:
  TempDir folder_;
  std::filesystem::path workspace_, home_, outside_;
};

// Copies of the programs: escape_probe, escape_ids; where the launcher of the tests was root, setuid_ids
// and filecap_ids; and where RUNHARNESS named it, runharness.
[[nodiscard]] std::filesystem::path program(std::string_view name);

// The symbolic name of the errno that a probe ended with; "" when it ended in another way.
[[nodiscard]] std::string error_of(const Ran& ran);

// Of a file on the host; "(missing)" where there is none.
[[nodiscard]] std::string text_of(const std::filesystem::path& path);

// Every path below a folder, with the bytes of its files: what `git status` would look at.
[[nodiscard]] std::vector<std::string> snapshot(const std::filesystem::path& folder);

[[nodiscard]] model::IsolationRow row(const Ran& ran, std::string_view mechanism);
void expect_enforced(const Ran& ran, std::string_view mechanism);
// Degraded or refused, and it says why.
void expect_admitted(const Ran& ran, std::string_view mechanism);

}  // namespace rh::escape
