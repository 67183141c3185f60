#include "runner/engine/affected/selection.h"

#include <algorithm>

#include <fmt/format.h>

#include "runner/base/text.h"
#include "runner/engine/affected/changed_lines.h"
#include "runner/engine/affected/path_rules.h"

namespace rh::engine {

using namespace rh::model;

namespace {

enum class Why : unsigned char { none, changed, in_changed_file };

// Suites of compiled code below a suite of another language are often part of it.
bool lies_in(const std::string& path, const std::string& root) { return root == "." || path.starts_with(root + "/"); }

class Selector {
 public:
  explicit Selector(const SelectionInput& input) : input_(input), why_(input.stored.map.tests.size(), Why::none) {
    for (const ReachedFile& file : input.stored.map.files) mapped_[file.path] = &file;
    for (const KnownTest& test : input.stored.tests) entries_.push_back(entry_of(input.stored.map, test.id.value));
  }

  Selected run() {
    if (input_.stored.environment != input_.environment) {
      causes_.push_back(environment_change());
      return finish();
    }
    const auto& before = input_.base != nullptr ? input_.base->files : input_.stored.files;
    for (const auto& [path, id] : before)
      if (!input_.now.files.contains(path)) removed(path);
    for (const auto& [path, id] : input_.now.files) {
      const auto old = before.find(path);
      if (old == before.end())
        added(path);
      else if (old->second != id)
        modified(path);
    }
    if (changed_source_) select_opaque();
    return finish();
  }

 private:
  // --- what a path means ------------------------------------------------------------------------

  [[nodiscard]] bool concerns(const std::string& path) const {
    if (mapped_.contains(path)) return true;
    if (is_left_behind(path)) return false;
    if (std::binary_search(input_.stored.written_by_tests.begin(), input_.stored.written_by_tests.end(), path))
      return false;
    const PathRole role = role_of(path, input_.ecosystem);
    if (role == PathRole::nobody) return false;
    for (const std::string& other : input_.other_roots)
      if (lies_in(path, other)) return role == PathRole::source && follows_imports();
    if (lies_in(path, input_.root)) return true;
    // Outside of the suite: configuration of a folder around it, and sources that it may import.
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    if (role == PathRole::configuration) return lies_in(input_.root + "/", folder);
    return role == PathRole::source && (follows_imports() || input_.ecosystem == "cargo");
  }

  // Both are lines: the tool, then what is installed.
  [[nodiscard]] std::string environment_change() const {
    const auto now = split_lines(input_.environment), before = split_lines(input_.stored.environment);
    const auto list = [](const std::vector<std::string_view>& some, const std::vector<std::string_view>& others) {
      constexpr std::size_t kNamed = 5;
      std::vector<std::string> only;
      for (const std::string_view each : some)
        if (std::find(others.begin(), others.end(), each) == others.end()) only.emplace_back(each);
      if (only.size() > kNamed) only.resize(kNamed), only.emplace_back("more");
      return only.empty() ? std::string("nothing") : join(only, ", ");
    };
    return fmt::format("the environment changed: {} in the place of {}", list(now, before), list(before, now));
  }

  [[nodiscard]] bool follows_imports() const { return input_.ecosystem == "pytest" || input_.ecosystem == "go"; }

  void everything(const std::string& path, std::string_view what) {
    causes_.push_back(fmt::format("{} {}", path, what));
  }

  void removed(const std::string& path) {
    if (concerns(path)) everything(path, "was deleted or renamed");
  }

  void added(const std::string& path) {
    if (!concerns(path)) return;
    if (const auto measured = mapped_.find(path); measured != mapped_.end()) return changed_measured(*measured->second);
    if (input_.base != nullptr && !input_.now.tracked.contains(path)) {  // not of the change, and nothing new either
      const auto known = input_.stored.files.find(path);
      if (known != input_.stored.files.end() && known->second == input_.now.files.at(path)) return;
    }
    switch (role_of(path, input_.ecosystem)) {
      case PathRole::nobody:
        return;
      case PathRole::test_file:
        changed_source_ = true;
        return select_test_file(path);  // its own tests are new, and run
      case PathRole::source:
        changed_source_ = true;
        if (follows_imports()) return select_dependents(path);
        [[fallthrough]];
      case PathRole::configuration:
      case PathRole::other:
        return everything(path, "is new");
    }
  }

  void modified(const std::string& path) {
    if (!concerns(path)) return;
    const PathRole role = role_of(path, input_.ecosystem);
    if (role == PathRole::configuration) return everything(path, "changed");
    if (role == PathRole::test_file || holds_tests(path)) {
      changed_source_ = true;
      select_test_file(path);
    }
    if (const auto measured = mapped_.find(path); measured != mapped_.end()) return changed_measured(*measured->second);
    if (role == PathRole::test_file && input_.ecosystem != "cargo") return;
    if (role != PathRole::source) return everything(path, "changed");
    changed_source_ = true;
    if (follows_imports()) return select_dependents(path);
    // V8 tells of every script that a process loads.
    if (is_one_of(input_.runner, {"node:test", "mocha"})) return;
    everything(path, "changed, and what it does was not measured");
  }

  // --- measured files ---------------------------------------------------------------------------

  void changed_measured(const ReachedFile& file) {
    changed_source_ = true;
    const auto now = input_.text(file.path);
    const auto measured = file.source_hash.empty() ? std::nullopt : input_.stored_text(file.source_hash);
    if (!now || !measured) return select_file(file);
    const SourceKind kind = source_kind(file.path);
    apply(file, reach_of_change(kind, file, *measured, *now));
    if (input_.base == nullptr) return;
    const auto base = input_.base->files.find(file.path);
    const auto text =
        base == input_.base->files.end() ? std::optional<std::string>("") : input_.stored_text(base->second);
    if (!text) return select_file(file);
    apply(file, reach_of_change(kind, file, *measured, *text));
  }

  // Its measured text is not to be had: whoever reached it, and whoever loads it.
  void select_file(const ReachedFile& file) { apply(file, {{{1, UINT32_MAX}}, true}); }

  void apply(const ReachedFile& file, const ChangeReach& reach) {
    const SourceKind kind = source_kind(file.path);
    for (const ReachedLines& reached : file.tests) {
      const bool loader = reach.loaders && kind == SourceKind::script;
      if (!loader && !touches(reached.lines, reach.lines)) continue;
      if (stored_id(reached.test) == input_.suite && !reach.lines.empty())
        return everything(file.path, "changed where code runs outside of any test");
      mark(reached.test, Why::changed);
    }
    if (!reach.loaders || kind == SourceKind::script) return;
    if (follows_imports()) return select_dependents(file.path);
    everything(file.path, "changed in declarations");
  }

  static bool touches(const std::vector<LineRange>& reached, const std::vector<LineRange>& lines) {
    std::size_t i = 0, j = 0;
    while (i < reached.size() && j < lines.size()) {
      if (reached[i].last < lines[j].first)
        ++i;
      else if (lines[j].last < reached[i].first)
        ++j;
      else
        return true;
    }
    return false;
  }

  // --- by file and package ----------------------------------------------------------------------

  const ImportGraph& graph() {
    if (!graph_) {
      std::vector<std::string> files;
      for (const auto& [path, id] : input_.now.files)
        if (!is_left_behind(path)) files.push_back(path);
      const SourceKind kind = input_.ecosystem == "go" ? SourceKind::go : SourceKind::python;
      graph_.emplace(kind, files, input_.text);
    }
    return *graph_;
  }

  // The file or the package's folder that a test lies in, relative to the repository.
  std::string place_of(const std::string& test) {
    std::string_view rest = test;
    if (!rest.starts_with(input_.suite + "::")) return {};
    rest.remove_prefix(input_.suite.size() + 2);
    rest = rest.substr(0, rest.find("::"));
    if (input_.ecosystem == "go") return graph().folder_of(rest);
    return input_.root == "." ? std::string(rest) : input_.root + "/" + std::string(rest);
  }

  bool holds_tests(const std::string& path) {
    if (input_.ecosystem == "go" || input_.ecosystem == "cargo") return false;
    if (test_files_.empty())
      for (const KnownTest& test : input_.stored.tests) test_files_.insert(place_of(test.id.value));
    return test_files_.contains(path);
  }

  void select_test_file(const std::string& path) {
    if (input_.ecosystem == "cargo") return;  // its own lines are measured
    if (input_.ecosystem == "pytest") return select_dependents(path);
    // Test files of one Go package share helpers, TestMain and init functions, and nobody can import them.
    const std::size_t slash = path.rfind('/');
    const std::string place = input_.ecosystem == "npm"    ? path
                              : slash == std::string::npos ? "."
                                                           : path.substr(0, slash);
    for (const KnownTest& test : input_.stored.tests)
      if (place_of(test.id.value) == place) by_place_.insert(test.id);
  }

  void select_dependents(const std::string& path) {
    const std::set<std::string> places = graph().dependents(path);
    for (const KnownTest& test : input_.stored.tests)
      if (places.contains(place_of(test.id.value))) by_place_.insert(test.id);
  }

  // Programs that a test starts run code that nobody measured.
  void select_opaque() {
    for (const TestId& test : input_.stored.opaque) by_place_.insert(test);
    if (input_.ecosystem != "go") return;
    const std::set<std::string>& starters = graph().starters();
    for (const KnownTest& test : input_.stored.tests)
      if (starters.contains(place_of(test.id.value))) by_place_.insert(test.id);
  }

  // --- the answer -------------------------------------------------------------------------------

  [[nodiscard]] const std::string& stored_id(std::uint32_t entry) const { return input_.stored.map.tests[entry].value; }
  void mark(std::uint32_t entry, Why why) {
    if (why_[entry] == Why::none) why_[entry] = why;
  }

  // Entries that stand for what tests share: the fixtures of a file, of a class, of a folder.
  [[nodiscard]] std::vector<std::string> selected_scopes() const {
    std::set<std::uint32_t> own;
    for (const auto& entry : entries_)
      if (entry) own.insert(*entry);
    std::vector<std::string> scopes;
    for (std::uint32_t i = 0; i < why_.size(); ++i)
      if (why_[i] != Why::none && !own.contains(i)) scopes.push_back(stored_id(i));
    return scopes;
  }

  static bool in_scope(const std::string& test, const std::string& scope) {
    return test.starts_with(scope) &&
           (scope.ends_with('/') || test.size() == scope.size() || test.compare(scope.size(), 2, "::") == 0);
  }

  Selected finish() {
    if (!causes_.empty()) {
      const std::string first = causes_.front();
      const std::string reason =
          causes_.size() == 1 ? first : fmt::format("{}, and {} more", first, causes_.size() - 1);
      Selected all = select_all(reason, std::move(causes_));
      all.report.known = input_.stored.tests.size();
      return all;
    }
    Selected selected;
    TestSelection& report = selected.report;
    report.asked = true;
    report.all = false;
    report.known = input_.stored.tests.size();
    const std::vector<std::string> scopes = selected_scopes();
    std::set<std::uint32_t> needed, left;
    for (std::size_t i = 0; i < input_.stored.tests.size(); ++i) {
      const KnownTest& test = input_.stored.tests[i];
      const auto in = [&](const std::string& scope) { return in_scope(test.id.value, scope); };
      const auto entry = entries_[i];
      bool taken = true;
      if ((entry && why_[*entry] != Why::none) || std::any_of(scopes.begin(), scopes.end(), in))
        ++report.reach_changes;
      else if (by_place_.contains(test.id) || (entry && by_place_.contains(input_.stored.map.tests[*entry])))
        ++report.in_changed_files;
      else if (test.failed)
        ++report.failed_before;
      else if (!entry)
        ++report.not_mapped;
      else
        taken = false;
      if (entry) (taken ? needed : left).insert(*entry);
      if (!taken) ++report.left_out;
    }
    for (const std::uint32_t entry : left)
      if (!needed.contains(entry)) selected.left_out.push_back(stored_id(entry).substr(input_.suite.size() + 2));
    report.all = selected.left_out.empty();
    if (report.all) report.reason = report.known == 0 ? "no test is known yet" : "every test is affected";
    return selected;
  }

  const SelectionInput& input_;
  std::vector<Why> why_;                               // by entry of the map
  std::vector<std::optional<std::uint32_t>> entries_;  // of the known tests
  std::map<std::string, const ReachedFile*> mapped_;
  std::set<TestId> by_place_;
  std::set<std::string> test_files_;
  std::optional<ImportGraph> graph_;
  std::vector<std::string> causes_;
  bool changed_source_ = false;
};

}  // namespace

std::optional<std::uint32_t> entry_of(const TestMap& map, const std::string& test) {
  const auto find = [&](std::string_view id) -> std::optional<std::uint32_t> {
    const auto found = std::lower_bound(map.tests.begin(), map.tests.end(), id,
                                        [](const TestId& each, std::string_view value) { return each.value < value; });
    if (found == map.tests.end() || found->value != id) return std::nullopt;
    return static_cast<std::uint32_t>(found - map.tests.begin());
  };
  if (auto exact = find(test)) return exact;
  const bool by_file = map.granularity != "test";
  std::string_view rest = test;
  for (std::size_t i = rest.size(); i-- > 1;) {
    // "#2" of a second test of the name, "/sub" of Go's subtests, "::name" of a test file's tests.
    const bool cut = rest[i] == '#' || rest[i] == '/' || (by_file && rest[i] == ':' && rest[i - 1] == ':');
    if (!cut) continue;
    const std::string_view head = rest.substr(0, rest[i] == ':' ? i - 1 : i);
    if (head.find("::") == std::string_view::npos) break;  // the suite itself
    if (auto found = find(head)) return found;
  }
  return std::nullopt;
}

Selected select_tests(const SelectionInput& input) { return Selector(input).run(); }

Selected select_all(std::string reason, std::vector<std::string> causes) {
  Selected all;
  all.report.asked = true;
  all.report.reason = std::move(reason);
  if (causes.size() > kMaxCauses) {
    const std::size_t more = causes.size() - kMaxCauses;
    causes.resize(kMaxCauses);
    causes.push_back(fmt::format("and {} more", more));
  }
  all.report.causes = std::move(causes);
  return all;
}

std::string summary_of(const TestSelection& selection) {
  if (selection.all) return fmt::format("ran all: {}", selection.reason);
  const std::uint64_t whole = selection.ran + selection.left_out;
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? one : many));
  };
  add(selection.reach_changes, "reaches changed lines", "reach changed lines");
  add(selection.in_changed_files, "depends on a changed file", "depend on changed files");
  add(selection.added, "is new", "are new");
  add(selection.failed_before, "failed before", "failed before");
  add(selection.not_mapped, "has no known lines", "have no known lines");
  return fmt::format("ran {} of {} tests{}{}", selection.ran, whole, parts.empty() ? "" : ": ",
                     parts.empty() ? " (no change reaches one)" : join(parts, ", "));
}

}  // namespace rh::engine
