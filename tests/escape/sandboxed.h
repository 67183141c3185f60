// Runs hostile programs through a Launcher inside a workspace of their own, and collects what the
// tests look at.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "runner/base/file.h"
#include "sandbox/local_launcher.h"
#include "sandbox/sandbox.h"

namespace rh::escape {

struct Result {
  sandbox::ExitRecord record;
  std::string out, err;
};

class Sandboxed : public ::testing::Test {
 protected:
  Sandboxed();

  // A spec for `argv` in the workspace, with limits that keep every test short.
  [[nodiscard]] sandbox::LaunchSpec spec(std::vector<std::string> argv,
                                         model::IsolationLevel level = model::IsolationLevel::contained) const;
  [[nodiscard]] sandbox::LaunchSpec shell(const std::string& script,
                                          model::IsolationLevel level = model::IsolationLevel::contained) const;
  [[nodiscard]] sandbox::LaunchSpec python(const std::string& script,
                                           model::IsolationLevel level = model::IsolationLevel::contained) const;
  Result run(const sandbox::LaunchSpec& spec, sandbox::SuperviseHooks hooks = {}) const;

  [[nodiscard]] const std::filesystem::path& workspace() const { return workspace_; }
  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  // One launcher for all tests: the host is probed once.
  [[nodiscard]] virtual sandbox::Launcher& launcher() const;

 private:
  TempDir folder_;
  std::filesystem::path workspace_, home_;
};

[[nodiscard]] model::IsolationRow row(const Result& result, std::string_view mechanism);
[[nodiscard]] bool namespaces_available();

// Whether a process with this exact command line is alive on the host.
[[nodiscard]] bool running_on_host(const std::string& argument);

}  // namespace rh::escape

#define RH_EXPECT_ENFORCED(result, mechanism)                                                  \
  EXPECT_EQ(::rh::escape::row(result, mechanism).state, ::rh::model::MechanismState::enforced) \
      << ::rh::escape::row(result, mechanism).reason
