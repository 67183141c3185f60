#include "runner/agent/exec/runtimes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/adapters/python_environment.h"
#include "runner/agent/audit/private_folder.h"
#include "runner/agent/exec/content_key.h"
#include "runner/agent/exec/root_image.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_python_boot)

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::milliseconds kAskTime{20'000};
constexpr std::uint64_t kMaxStoreBytes = 1 << 20;
constexpr std::string_view kSystemFolders[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/nix"};

// Of Python the driver of programs is asked for too, compiled: compiling it costs a run two milliseconds.
constexpr std::string_view kPythonQuestion =
    "import sys,marshal\n"
    "from importlib.util import MAGIC_NUMBER\n"
    "print(sys.executable,sys.version.split()[0],sys.base_prefix,sep='\\n')\n"
    "code=compile(sys.argv[1],'<runharness>','exec')\n"
    "print((MAGIC_NUMBER+bytes(12)+marshal.dumps(code)).hex())\n";

// How a language's program says who it is. `question` prints three lines: path, version and installation.
struct RuntimeRow {
  Language language;
  std::string_view program, versioned;  // "python3", and the name with a version in it
  std::vector<std::string> question;
};

const std::vector<RuntimeRow>& rows() {
  static const std::vector<RuntimeRow> all{
      {Language::python,
       "python3",
       "python{}",
       {"-I", "-S", "-c", std::string(kPythonQuestion), std::string(RH_EMBEDDED_TEXT(rh_python_boot))}},
      {Language::javascript,
       "node",
       "node{}",
       {"-p",
        "[process.execPath,process.version.slice(1),require('path').dirname(require('path').dirname("
        "process.execPath))].join('\\n')"}},
      {Language::bash, "bash", "bash{}", {"-c", "echo \"$BASH\"; echo \"${BASH_VERSION%%(*}\"; echo /"}},
      {Language::go, "go", "go{}", {"env", "GOROOT", "GOVERSION"}},
      {Language::rust, "rustc", "rustc-{}", {"--print", "sysroot"}},
      {Language::java, "java", "java-{}", {"-XshowSettings:properties", "-version"}},
  };
  return all;
}

const RuntimeRow& row_for(Language language) {
  return *std::find_if(rows().begin(), rows().end(), [&](const RuntimeRow& row) { return row.language == language; });
}

struct Said {
  std::string path, version, home;
  std::string driver_digits;  // of Python, as it was just told: a .pyc file in hexadecimal digits
  fs::path driver;            // the same in a file beside the store
};

std::string after(const std::string& text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  return std::string(trim(std::string_view(text).substr(begin, text.find('\n', begin) - begin)));
}

Result<Said> read_answer(Language language, const adapters::HelperOutput& output, const fs::path& program) {
  const auto lines = split_lines(output.standard_output);
  const auto line = [&](std::size_t i) { return i < lines.size() ? std::string(trim(lines[i])) : std::string(); };
  Said said;
  switch (language) {
    case Language::go:
      said = {line(0) + "/bin/go", line(1), line(0), {}, {}};
      if (said.version.starts_with("go")) said.version.erase(0, 2);
      break;
    case Language::rust:
      said = {line(0) + "/bin/rustc", {}, line(0), {}, {}};
      break;
    case Language::java:
      said.home = after(output.standard_error, "java.home = ");
      said.version = after(output.standard_error, "java.version = ");
      said.path = said.home + "/bin/java";
      break;
    default:
      said = {line(0), line(1), line(2), line(3), {}};
      break;
  }
  if (output.exit_code != 0 || said.path.empty() || !is_file(said.path))
    return fail(rh::ErrorKind::process, fmt::format("ask {} for its version: it left with {}: {}", program.string(),
                                                    output.exit_code, output.standard_error.substr(0, 300)));
  return said;
}

// What names the answer: another file in its place, or another choice of a version manager, is asked again.
std::string key_of(Language language, const fs::path& program, const model::Environment& environment) {
  struct stat info {};
  if (stat(program.c_str(), &info) != 0) return {};
  std::string key =
      fmt::format("{}:{}:{}", program.string(), static_cast<long long>(info.st_mtim.tv_sec), info.st_size);
  for (const char* name : {"RUSTUP_TOOLCHAIN", "GOTOOLCHAIN", "JAVA_HOME"})
    if (const auto at = environment.find(name); at != environment.end()) key += ":" + at->second;
  if (language == Language::python) {
    static const std::string driver = ContentKey().add(RH_EMBEDDED_TEXT(rh_python_boot)).hex().substr(0, 16);
    key += ":" + driver;
  }
  return key;
}

std::string bytes_of_hex(std::string_view digits) {
  const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = value(digits[i]), low = value(digits[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

class AnswerStore {
 public:
  explicit AnswerStore(fs::path file) : file_(std::move(file)) {}

  std::optional<Said> find(const std::string& key) {
    load();
    const auto at = answers_.find(key);
    if (at == answers_.end() || !at->is_object()) return std::nullopt;
    Said said{at->value("path", ""), at->value("version", ""), at->value("home", ""), {}, {}};
    if (at->contains("driver")) said.driver = file_.parent_path() / fs::path(at->value("driver", "")).filename();
    if (said.path.empty() || !is_file(said.path)) return std::nullopt;
    return said;
  }
  // A state folder that cannot be written costs the next command the same question.
  void add(const std::string& key, Said& said) {
    answers_[key] = {{"path", said.path}, {"version", said.version}, {"home", said.home}};
    if (file_.empty()) return;
    const std::string name = "python-" + ContentKey().add(key).hex().substr(0, 16) + ".pyc";
    const std::string compiled = bytes_of_hex(said.driver_digits);
    if (!compiled.empty() && write_file(file_.parent_path() / name, compiled)) {
      answers_[key]["driver"] = name;
      said.driver = file_.parent_path() / name;
    }
    static_cast<void>(write_file(file_, answers_.dump(1) + "\n").has_value());
  }

 private:
  void load() {
    if (loaded_) return;
    loaded_ = true;
    if (file_.empty()) return;
    if (const auto text = read_file(file_, kMaxStoreBytes)) answers_ = json::parse(*text, nullptr, false);
    if (!answers_.is_object()) answers_ = json::object();
  }

  fs::path file_;
  bool loaded_ = false;
  json answers_ = json::object();
};

Result<Said> ask(const Service& service, Language language, const fs::path& program) {
  static std::mutex mutex;
  static std::map<fs::path, AnswerStore> stores;
  const std::lock_guard lock(mutex);
  fs::path file;  // Where the project's own code cannot write: an answer names what is started.
  if (const auto folder = make_private_folder(service.host().environment(), service.paths().project))
    file = *folder / "runtimes.json";
  AnswerStore& store = stores.try_emplace(file, file).first->second;
  const std::string key = key_of(language, program, service.host().environment());
  if (auto known = store.find(key)) return *known;
  model::Command command;
  command.argv = {program.string()};
  const auto& question = row_for(language).question;
  command.argv.insert(command.argv.end(), question.begin(), question.end());
  RH_TRY(const auto output, service.host().run_helper(command, kAskTime));
  RH_TRY(Said said, read_answer(language, output, program));
  if (language == Language::rust) {  // it answers one question at a time
    RH_TRY(const auto version, service.host().run_helper({{said.path, "--version"}, {}, {}}, kAskTime));
    said.version = after(version.standard_output, "rustc ");
    said.version = said.version.substr(0, said.version.find(' '));
  }
  store.add(key, said);
  return said;
}

bool is_program(const fs::path& path) { return is_file(path) && access(path.c_str(), X_OK) == 0; }

bool is_version(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// "3.11" fits "3.11.7" and not "3.1".
bool fits(std::string_view version, std::string_view wanted) {
  return version == wanted || (version.starts_with(wanted) && version.size() > wanted.size() &&
                               (version[wanted.size()] == '.' || wanted.find('.') == std::string_view::npos));
}

// Installations of version managers and of the system, by the version in their names.
std::vector<fs::path> installations(const Service& service, Language language) {
  const fs::path home = service.host().home();
  std::vector<std::pair<fs::path, std::string>> places;
  if (language == Language::python) places = {{home / ".pyenv/versions", "bin/python3"}};
  if (language == Language::javascript)
    places = {{home / ".nvm/versions/node", "bin/node"},
              {home / ".local/share/fnm/node-versions", "installation/bin/node"}};
  if (language == Language::go) places = {{home / "sdk", "bin/go"}};
  if (language == Language::rust) places = {{home / ".rustup/toolchains", "bin/rustc"}};
  if (language == Language::java)
    places = {{"/usr/lib/jvm", "bin/java"}, {home / ".sdkman/candidates/java", "bin/java"}};
  std::vector<fs::path> found;
  for (const auto& [folder, program] : places) {
    std::error_code problem;
    for (fs::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem))
      if (is_program(at->path() / program)) found.push_back(at->path() / program);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

Result<Said> of_version(const Service& service, Language language, const std::string& version) {
  std::vector<fs::path> candidates;
  for (const std::string& name :
       {fmt::format(fmt::runtime(row_for(language).versioned), version), std::string(row_for(language).program)})
    if (const auto on_path = service.host().find_tool(name)) candidates.push_back(*on_path);
  for (fs::path& path : installations(service, language)) candidates.push_back(std::move(path));
  std::string seen;
  for (const fs::path& candidate : candidates) {
    const auto said = ask(service, language, candidate);
    if (!said) continue;
    if (fits(said->version, version)) return *said;
    if (seen.find(said->version) == std::string::npos) seen += (seen.empty() ? "" : ", ") + said->version;
  }
  return fail(rh::ErrorKind::not_found,
              fmt::format("find {} {}: there is {}", name_of(language), version, seen.empty() ? "none" : seen));
}

fs::path program_in(const fs::path& folder, Language language) {
  const std::string_view program = row_for(language).program;
  for (const char* place : {"bin", "usr/bin", "usr/local/bin"})
    if (is_program(folder / place / program)) return folder / place / program;
  return {};
}

// pyenv's shims are resolved by its files; a virtual environment stays what it is, although its program is a link.
Result<Said> of_program(const Service& service, Language language, fs::path program) {
  if (language != Language::python) return ask(service, language, program);
  if (program.parent_path().filename() == "shims")
    if (const auto real = adapters::resolve_pyenv_shim(program, service.paths().project, service.host().environment()))
      program = *real;
  RH_TRY(Said said, ask(service, language, program));
  if (is_file(program.parent_path().parent_path() / "pyvenv.cfg")) said.path = program.string();
  return said;
}

// A program that a caller named is code like any other: it is not started outside of the sandbox to be asked.
Said unasked(const fs::path& program) {
  return {program.string(), {}, program.parent_path().parent_path().string(), {}, {}};
}

bool is_of_machine(const Service& service, Language language, const fs::path& program) {
  std::error_code ignored;
  const fs::path real = fs::canonical(program, ignored);
  std::vector<fs::path> known = installations(service, language);
  if (const auto on_path = service.host().find_tool(row_for(language).program)) known.push_back(*on_path);
  return std::any_of(known.begin(), known.end(), [&](const fs::path& one) {
    std::error_code unread;
    return fs::canonical(one, unread) == real && !unread;
  });
}

// A Python's folder, or the program itself.
fs::path configured_python(const Service& service, ExecutionMethod method) {
  const fs::path path = service.config().local.python_environment;
  if (method == ExecutionMethod::container || path.empty()) return {};
  return rh::is_directory(path) ? program_in(path, Language::python) : path;
}

FoundRuntime found_of(Language language, Said said) {
  FoundRuntime found;
  found.runtime = {std::string(row_for(language).program), std::move(said.version), said.path};
  found.home = std::move(said.home);
  found.driver = std::move(said.driver);
  found.readable = folders_of_program(found.runtime.path);
  for (fs::path& folder : folders_of_program(found.home / "bin" / "program"))
    found.readable.push_back(std::move(folder));
  return found;
}

// By a version, or as the language's program is called.
Result<FoundRuntime> of_root(Language language, const fs::path& root, const std::string& version) {
  const std::string name = version.empty() ? std::string(row_for(language).program)
                                           : fmt::format(fmt::runtime(row_for(language).versioned), version);
  RH_TRY(const RootProgram program, program_of_root(root, name));
  FoundRuntime found;
  found.root = root;
  // The link of a virtual environment's Python says which one it is; other tools look beside what they really are.
  found.runtime = {
      std::string(row_for(language).program), {}, language == Language::python ? program.path : program.real};
  found.home = found.runtime.path.parent_path().parent_path();
  return found;
}

}  // namespace

std::vector<fs::path> folders_of_program(const fs::path& path) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const fs::path& program : {path, fs::canonical(path, ignored)}) {
    if (program.empty()) continue;
    const bool of_system = std::any_of(std::begin(kSystemFolders), std::end(kSystemFolders),
                                       [&](std::string_view folder) { return is_below(program, folder); });
    if (of_system) continue;
    fs::path folder = program.parent_path();
    if (folder.filename() == "bin" && folder.parent_path() != "/") folder = folder.parent_path();
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  }
  return folders;
}

Result<fs::path> find_language_tool(const Service& service, std::string_view name) {
  if (const auto found = service.host().find_tool(name)) return *found;
  return fail(rh::ErrorKind::not_found, fmt::format("find {} on PATH", name));
}

Result<FoundRuntime> find_runtime(const Service& service, const ExecutionRequest& request, ExecutionMethod method) {
  const Language language = request.language;
  const std::string& image = service.config().container.root_image;
  if (method == ExecutionMethod::container && !image.empty() &&
      (request.runtime.empty() || is_version(request.runtime)))
    return of_root(language, image, request.runtime);
  if (is_version(request.runtime)) {
    RH_TRY(Said said, of_version(service, language, request.runtime));
    return found_of(language, std::move(said));
  }
  fs::path program = request.runtime;
  if (!program.empty() && !program.is_absolute())
    return fail(rh::ErrorKind::usage, "find the runtime: name it by a version or an absolute path", request.runtime);
  if (rh::is_directory(program)) {
    if (rh::is_directory(program / "usr") && rh::is_directory(program / "etc")) return of_root(language, program, {});
    program = program_in(program, language);
    if (program.empty())
      return fail(rh::ErrorKind::not_found, fmt::format("find {} below the folder", row_for(language).program),
                  request.runtime);
  }
  if (program.empty() && language == Language::python) program = configured_python(service, method);
  if (program.empty()) {
    RH_TRY(program, find_language_tool(service, row_for(language).program));
  }
  if (!is_program(program))
    return fail(rh::ErrorKind::not_found, "start the runtime: there is no such program", program.string());
  if (!request.runtime.empty() && !is_of_machine(service, language, program))
    return found_of(language, unasked(program));
  RH_TRY(Said said, of_program(service, language, program));
  return found_of(language, std::move(said));
}

}  // namespace rh::agent
