// The only unit that includes Boost.Process v2. Its traps in 1.81, each met with a line below:
// std::filesystem mode needs <type_traits>, <boost/optional.hpp> and
// <boost/type_traits/remove_pointer.hpp> first; separate compilation
// needs v2/src.hpp once; the constructor throws for a missing file; a leaked pipe end would keep
// readers waiting, so the parent's write ends are closed by Asio's own pipe types; exit code 9 and
// SIGKILL look alike, so only exit code 0 is ever taken as success by callers.
#include <type_traits>

#include <boost/optional.hpp>
#include <boost/type_traits/remove_pointer.hpp>

#define BOOST_PROCESS_USE_STD_FS
#define BOOST_PROCESS_V2_SEPARATE_COMPILATION
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/process/v2.hpp>
#include <boost/process/v2/src.hpp>

#include "runner/engine/machine_host.h"

#include <unistd.h>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/account.h"

extern char** environ;

namespace rh::engine {
namespace {

namespace asio = boost::asio;
namespace bp = boost::process::v2;

constexpr std::size_t kMaxHelperOutput = 1U << 20;
constexpr std::chrono::milliseconds kAccountTimeout{5000};

// Reads a pipe to its end or to the bound, whichever comes first.
void read_bounded(asio::readable_pipe& pipe, std::string& into) {
  asio::async_read(pipe, asio::dynamic_buffer(into, kMaxHelperOutput), [](boost::system::error_code, std::size_t) {});
}

}  // namespace

// Services and cron jobs start without HOME; shells, cargo and Python then ask the user database, Go
// and git do not. All of them shall find the same home.
MachineHost::MachineHost(model::Environment environment) : environment_(std::move(environment)) {
  std::string& home = environment_["HOME"];
  if (home.empty()) home = MachineHost::account_home().string();
}

std::optional<std::filesystem::path> MachineHost::find_tool(std::string_view name) const {
  const auto path = environment_.find("PATH");
  if (path == environment_.end()) return std::nullopt;
  for (const std::string_view folder : split(path->second, ':')) {
    if (folder.empty() || folder.front() != '/') continue;  // a relative PATH entry is the repository's to abuse
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (is_file(candidate) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::filesystem::path MachineHost::home() const { return environment_.at("HOME"); }

// Accounts of a directory service are in no file of this machine; `getent` knows how to ask for them.
std::filesystem::path MachineHost::account_home() const {
  const uid_t uid = ::geteuid();
  if (const auto passwd = read_file("/etc/passwd"))
    if (const auto home = home_in_passwd(*passwd, uid)) return *home;
  model::Command question;
  question.argv = {"getent", "passwd", std::to_string(uid)};
  const auto answer = run_helper(question, kAccountTimeout);
  if (!answer || answer->exit_code != 0) return "/nonexistent";
  return home_in_passwd(answer->standard_output, uid).value_or("/nonexistent");
}

Result<adapters::HelperOutput> MachineHost::run_helper(const model::Command& command,
                                                       std::chrono::milliseconds timeout) const {
  const std::string subject = shell_join(command.argv);
  model::Environment merged = environment_;
  for (const auto& [name, value] : command.env) merged[name] = value;
  std::vector<std::string> variables;
  for (const auto& [name, value] : merged) variables.push_back(name + "=" + value);

  std::filesystem::path program = command.argv.front();
  if (!program.has_parent_path()) {
    const auto found = find_tool(command.argv.front());
    if (!found) return fail(ErrorKind::not_found, "start helper: not on PATH", command.argv.front());
    program = *found;
  }
  try {
    asio::io_context context;
    asio::readable_pipe out(context), err(context);
    adapters::HelperOutput output;
    bp::process process(context, program.string(),
                        std::vector<std::string>(command.argv.begin() + 1, command.argv.end()),
                        bp::process_stdio{nullptr, out, err}, bp::process_environment(variables),
                        bp::process_start_dir(command.cwd.empty() ? std::string("/") : command.cwd.string()));
    read_bounded(out, output.standard_output);
    read_bounded(err, output.standard_error);
    asio::steady_timer deadline(context, timeout);
    bool timed_out = false, ended = false;
    deadline.async_wait([&](boost::system::error_code code) {
      if (code || ended) return;
      timed_out = true;
      boost::system::error_code ignored;
      process.terminate(ignored);
      out.close(ignored);
      err.close(ignored);
    });
    process.async_wait([&](boost::system::error_code, int) {
      ended = true;
      deadline.cancel();
    });
    context.run();
    if (timed_out)
      return fail(ErrorKind::process, fmt::format("run helper: no answer within {}", format_duration(timeout)),
                  subject);
    output.exit_code = process.exit_code();
    return output;
  } catch (const std::exception& problem) {
    return fail(ErrorKind::process, fmt::format("run helper: {}", problem.what()), subject);
  }
}

model::Environment current_environment() {
  model::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals > 0)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace rh::engine
