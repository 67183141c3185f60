#include "tests/unit/profiles/python/interpreters.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

namespace fs = std::filesystem;

pid_t start(const std::vector<std::string>& argv, int in, int out) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    if (in >= 0) dup2(in, 0);
    dup2(out, 1);
    execv(words[0], words.data());
    _exit(127);
  }
  return pid;
}

std::vector<std::string> candidates() {
  std::vector<std::string> paths;
  const char* const home = std::getenv("HOME");
  const char* const pyenv = std::getenv("PYENV_ROOT");
  const fs::path root = pyenv != nullptr ? fs::path(pyenv) : fs::path(home != nullptr ? home : "/root") / ".pyenv";
  std::error_code error;
  for (fs::directory_iterator entry(root / "versions", error), end; !error && entry != end; entry.increment(error))
    paths.push_back(entry->path() / "bin/python3");
  if (const char* const named = std::getenv("RUNHARNESS_PYTHONS"))
    for (const std::string_view path : split(named, ':')) paths.emplace_back(path);
  for (const char* const folder : {"/usr/bin", "/usr/local/bin"})
    for (int minor = 8; minor <= 14; ++minor) paths.push_back(fmt::format("{}/python3.{}", folder, minor));
  return paths;
}

std::vector<FoundPython> find_pythons() {
  std::vector<FoundPython> found;
  std::set<std::string> seen;
  for (const std::string& path : candidates()) {
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    const std::string text = output_of(
        {path, "-c", "import sys, sysconfig; print(*sys.version_info[:3], sysconfig.get_paths()['include'])"});
    const auto words = split(trim(text), ' ');
    if (words.size() != 4 || words[0] != "3") continue;
    FoundPython python{path,
                       static_cast<int>(parse_i64(words[1]).value_or(0)),
                       static_cast<int>(parse_i64(words[2]).value_or(0)),
                       {},
                       std::string(words[3])};
    python.text = fmt::format("3.{}.{}", python.minor, python.micro);
    if (python.minor < 8 || python.minor > 14 || !seen.insert(fs::canonical(path, error).string()).second) continue;
    found.push_back(std::move(python));
  }
  std::sort(found.begin(), found.end(), [](const FoundPython& a, const FoundPython& b) {
    return std::pair(a.minor, a.micro) < std::pair(b.minor, b.micro);
  });
  return found;
}

}  // namespace

const std::vector<FoundPython>& found_pythons() {
  static const std::vector<FoundPython> pythons = find_pythons();
  return pythons;
}

const FoundPython* python_of(int minor) {
  const FoundPython* newest = nullptr;
  for (const FoundPython& each : found_pythons())
    if (each.minor == minor) newest = &each;
  return newest;
}

std::string output_of(const std::vector<std::string>& argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t pid = start(argv, -1, writer.get());
  writer.reset();
  std::string text;
  char part[4096];
  for (ssize_t got = 0; (got = read(reader.get(), part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  int status = 0;
  waitpid(pid, &status, 0);
  return status == 0 ? text : std::string{};
}

RunningScript::RunningScript(const FoundPython& python, const std::string& source)
    : folder_(*TempDir::make("py-sampler-test")), file_(folder_.path() / "script.py") {
  EXPECT_TRUE(write_file(file_, source).has_value());
  int in[2], out[2];
  EXPECT_EQ(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
  const UniqueFd script_in(in[0]), script_out(out[1]);
  input_ = UniqueFd(in[1]);
  output_ = UniqueFd(out[0]);
  pid_ = start({python.path, file_}, script_in.get(), script_out.get());
}

RunningScript::~RunningScript() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string RunningScript::read_line() {
  std::string line;
  char byte = 0;
  while (read(output_.get(), &byte, 1) == 1) {
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  return {};
}

void RunningScript::write_line() { EXPECT_EQ(write(input_.get(), "\n", 1), 1); }

int RunningScript::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

bool RunningScript::ended() {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

}  // namespace rh::profiles::python
