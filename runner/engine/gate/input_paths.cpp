#include "runner/engine/gate/input_paths.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

bool is_glob(std::string_view word) { return word.find_first_of("*?") != std::string_view::npos; }

// Folders that hold other people's files.
bool is_foreign(const std::string& name) {
  return is_one_of(name, {".git", "node_modules", ".venv", "site-packages", "__pycache__"});
}

class Finder {
 public:
  explicit Finder(const fs::path& here) : here_(here) {}

  Result<InputPaths> find(const std::vector<std::string>& words) {
    for (const std::string& word : words) RH_CHECK(add_word(word));
    return std::move(found_);
  }

 private:
  Result<void> add_word(const std::string& word) {
    if (word == "-") return add({"/dev/stdin", "standard input", InputKind::file, true});
    const fs::path path = here_ / word;
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (fs::is_directory(status)) return add_folder(path, word);
    if (fs::exists(status)) return add({path, word, InputKind::file, true});
    if (is_glob(word)) return add_glob(word);
    found_.missing.push_back(word);
    return {};
  }

  Result<void> add(InputPath input) {
    std::error_code code;
    const fs::path real = fs::weakly_canonical(input.path, code);
    if (!seen_.insert(code ? input.path.string() : real.string()).second) return {};
    if (found_.inputs.size() == kMaxInputs)
      return fail(ErrorKind::limit, fmt::format("read more than {} files", kMaxInputs), input.shown);
    found_.inputs.push_back(std::move(input));
    return {};
  }

  // What a folder as a whole is; `file` when it is none of these.
  static InputKind kind_of(const fs::path& folder) {
    if (is_file(folder / "events.jsonl")) return InputKind::run_directory;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, code))
      if (entry.path().filename().string().starts_with("covmeta.")) return InputKind::go_coverage;
    return InputKind::file;
  }

  Result<void> add_folder(const fs::path& folder, const std::string& word) {
    const std::size_t before = found_.inputs.size();
    RH_CHECK(walk(folder, word == "." ? "" : word, [](const std::string&) { return true; }));
    if (found_.inputs.size() == before) found_.unmatched.push_back(word);
    return {};
  }

  Result<void> add_glob(const std::string& word) {
    const std::size_t wild = word.find_first_of("*?");
    const std::size_t slash = word.rfind('/', wild);
    const std::string base = slash == std::string::npos ? "" : word.substr(0, slash + 1);
    const std::size_t before = found_.inputs.size();
    RH_CHECK(walk(here_ / base, base, [&](const std::string& shown) { return glob_match(word, shown); }));
    if (found_.inputs.size() == before) found_.unmatched.push_back(word);
    return {};
  }

  // In the order of names, so that messages and reports do not depend on the file system.
  template <class Wanted>
  Result<void> walk(const fs::path& folder, std::string shown, const Wanted& wanted, int depth = 0) {
    if (!shown.empty() && !shown.ends_with('/')) shown += '/';
    const InputKind kind = kind_of(folder);
    if (kind != InputKind::file) {
      std::string name = shown;
      if (name.size() > 1) name.pop_back();
      return depth == 0 || wanted(name) ? add({folder, name.empty() ? "." : name, kind, depth == 0}) : Result<void>{};
    }
    std::vector<fs::directory_entry> entries;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, code))
      entries.push_back(entry);
    std::sort(entries.begin(), entries.end());
    for (const fs::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory(code) && !entry.is_symlink(code)) {
        if (depth < kMaxInputDepth && !is_foreign(name)) RH_CHECK(walk(entry.path(), shown + name, wanted, depth + 1));
      } else if (entry.is_regular_file(code) && wanted(shown + name)) {
        RH_CHECK(add({entry.path(), shown + name, InputKind::file, false}));
      }
    }
    return {};
  }

  fs::path here_;
  InputPaths found_;
  std::set<std::string> seen_;
};

}  // namespace

Result<InputPaths> find_inputs(const std::vector<std::string>& words, const fs::path& here) {
  return Finder(here).find(words);
}

}  // namespace rh::engine
