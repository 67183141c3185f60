#include "profiles/script.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct ScriptRow {
  std::string_view ending;
  std::array<std::string_view, 2> interpreters;  // the first that is there
  std::string_view flag;
};

constexpr ScriptRow kScripts[] = {
    {".py", {"python3", "python"}, ""}, {".pyw", {"python3", "python"}, ""}, {".pyz", {"python3", "python"}, ""},
    {".js", {"node", "nodejs"}, ""},    {".mjs", {"node", "nodejs"}, ""},    {".cjs", {"node", "nodejs"}, ""},
    {".bash", {"bash", ""}, ""},        {".sh", {"bash", "sh"}, ""},         {".jar", {"java", ""}, "-jar"},
};

std::string first_line(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 256> head{};
  const ssize_t count = fd.valid() ? ::read(fd.get(), head.data(), head.size()) : 0;
  const std::string_view text(head.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return std::string(text.substr(0, text.find('\n')));
}

bool is_executable(const fs::path& file) { return is_file(file) && ::access(file.c_str(), X_OK) == 0; }

// The words of "#!/usr/bin/env python3".
Words shebang(const fs::path& file) {
  const std::string line = first_line(file);
  if (!line.starts_with("#!")) return {};
  Words words;
  for (const std::string_view word : split(std::string_view(line).substr(2), ' '))
    if (!trim(word).empty()) words.emplace_back(trim(word));
  return words;
}

bool names_python(const Words& shebang) {
  if (shebang.empty()) return false;
  const bool by_env = fs::path(shebang[0]).filename() == "env" && shebang.size() > 1;
  return fs::path(by_env ? shebang[1] : shebang[0]).filename().string().starts_with("python");
}

Result<Words> by_row(const ScriptRow& row, const ScriptRequest& request) {
  if (row.interpreters[0] == "python3" && !request.python.empty()) return Words{request.python};
  for (const std::string_view name : row.interpreters) {
    if (name.empty() || !find_executable(std::string(name), request.path, request.cwd)) continue;
    Words words{std::string(name)};
    if (!row.flag.empty()) words.emplace_back(row.flag);
    return words;
  }
  return fail(ErrorKind::not_found, fmt::format("run the script: {} is not in PATH", row.interpreters[0]),
              request.words.front());
}

Result<Words> interpreter_of(const fs::path& file, const ScriptRequest& request) {
  const std::string name = file.filename().string();
  const Words line = shebang(file);
  if (names_python(line) && !request.python.empty()) return Words{request.python};
  for (const ScriptRow& row : kScripts)
    if (name.ends_with(row.ending)) {
      // "sh" scripts that name another interpreter are that one's.
      if ((row.ending == ".sh") && !line.empty()) return line;
      return by_row(row, request);
    }
  if (is_executable(file)) return Words{};
  if (!line.empty()) return line;
  return fail(ErrorKind::usage,
              "run it: neither its name nor its first line says which interpreter it needs, and it is not "
              "executable (name the command: runharness profile -- CMD ARGS)",
              file.string());
}

}  // namespace

Result<fs::path> find_executable(const std::string& name, const std::string& path, const fs::path& cwd) {
  if (name.find('/') != std::string::npos) {
    const fs::path file = cwd / name;
    std::error_code code;
    if (!fs::exists(file, code)) return fail_errno("start the command", name, ENOENT);
    if (fs::is_directory(file, code)) return fail_errno("start the command", name, EISDIR);
    if (!is_executable(file)) return fail_errno("start the command", name, EACCES);
    return file;
  }
  for (const std::string_view folder : split(path, ':')) {
    fs::path file = cwd / (folder.empty() ? fs::path(".") : fs::path(folder)) / name;
    if (is_executable(file)) return file;
  }
  return fail_errno("find the command in PATH", name, ENOENT);
}

Result<Words> command_of_script(const ScriptRequest& request) {
  const std::string& script = request.words.front();
  const fs::path file = request.cwd / script;
  std::error_code code;
  if (fs::is_directory(file, code)) {
    // Python runs a folder that holds __main__.py.
    if (!is_file(file / "__main__.py")) return fail_errno("run the script", script, EISDIR);
    RH_TRY(Words command, by_row(kScripts[0], request));
    command.insert(command.end(), request.words.begin(), request.words.end());
    return command;
  }
  if (!fs::exists(file, code)) return fail_errno("run the script", script, ENOENT);
  RH_TRY(Words command, interpreter_of(file, request));
  command.insert(command.end(), request.words.begin(), request.words.end());
  // What stands alone is found as a command would be: with a path.
  if (command.size() == request.words.size() && script.find('/') == std::string::npos) command[0] = "./" + script;
  return command;
}

}  // namespace rh::profiles
