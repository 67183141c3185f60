#include "runner/engine/affected/map_merge.h"

#include <algorithm>

#include "runner/base/text.h"
#include "runner/engine/affected/line_diff.h"
#include "runner/engine/affected/reached_lines.h"
#include "runner/engine/affected/selection.h"

namespace rh::engine {

using namespace rh::model;

namespace {

using Cells = std::map<TestId, std::vector<LineRange>>;

class Merge {
 public:
  explicit Merge(MergeInput input) : input_(std::move(input)) {}

  StoredMap run() {
    for (const KnownTest& test : input_.fresh.tests) seen_.insert(test.id);
    keep_tests();
    choose_entries();
    for (const ReachedFile& file : input_.before.map.files) carry(file);
    add_fresh();
    return finish();
  }

 private:
  void keep_tests() {
    for (const KnownTest& test : input_.before.tests) {
      if (seen_.contains(test.id)) continue;
      if (input_.unaffected.contains(test.id.value) || !input_.complete) tests_.insert(test);
    }
    tests_.insert(input_.fresh.tests.begin(), input_.fresh.tests.end());
  }

  // An entry is carried over when every test behind it is unaffected and did not run. Entries without tests of their
  // own stand for shared code, of which a run of some tests sees a part.
  void choose_entries() {
    const TestMap& map = input_.before.map;
    carried_.assign(map.tests.size(), true);
    shared_.assign(map.tests.size(), true);
    for (const KnownTest& test : input_.before.tests) {
      const auto entry = entry_of(map, test.id.value);
      if (!entry) continue;
      shared_[*entry] = false;
      if (seen_.contains(test.id) || !input_.unaffected.contains(test.id.value)) carried_[*entry] = false;
    }
  }

  // The lines of the measured text are looked up in the text of now; without the texts the tests lose their entries,
  // and run the next time.
  void carry(const ReachedFile& file) {
    const auto now = input_.fresh.files.find(file.path);
    if (now == input_.fresh.files.end()) return lose(file);
    std::vector<LineChange> changes;
    if (now->second != file.source_hash || now->second.empty()) {
      const auto measured = file.source_hash.empty() ? std::nullopt : input_.stored_text(file.source_hash);
      const auto text = input_.text(file.path);
      if (!measured || !text) return lose(file);
      changes = diff_lines(split_lines(*measured), split_lines(*text));
    }
    Cells& cells = files_[file.path];
    for (const ReachedLines& reached : file.tests) {
      if (!carried_[reached.test]) continue;
      auto lines = move_lines(reached.lines, changes);
      if (!lines.empty()) cells[input_.before.map.tests[reached.test]] = std::move(lines);
    }
  }

  void lose(const ReachedFile& file) {
    for (const ReachedLines& reached : file.tests)
      if (!shared_[reached.test]) lost_.insert(input_.before.map.tests[reached.test]);
  }

  void add_fresh() {
    const TestMap& map = input_.fresh.map;
    for (const ReachedFile& file : map.files) {
      Cells& cells = files_[file.path];
      for (const ReachedLines& reached : file.tests) {
        std::vector<LineRange>& lines = cells[map.tests[reached.test]];
        lines.insert(lines.end(), reached.lines.begin(), reached.lines.end());
        normalize(lines);
      }
    }
    for (const TestId& test : map.tests) lost_.erase(test);
  }

  StoredMap finish() {
    StoredMap result = std::move(input_.fresh);
    std::set<TestId> entries(result.map.tests.begin(), result.map.tests.end());
    std::set<TestId> opaque(result.opaque.begin(), result.opaque.end());
    for (std::size_t i = 0; i < carried_.size(); ++i) {
      const TestId& id = input_.before.map.tests[i];
      if (!carried_[i] || lost_.contains(id)) continue;
      entries.insert(id);
      if (std::binary_search(input_.before.opaque.begin(), input_.before.opaque.end(), id)) opaque.insert(id);
    }
    result.map.tests.assign(entries.begin(), entries.end());
    result.opaque.assign(opaque.begin(), opaque.end());
    std::map<TestId, std::uint32_t> index;
    for (std::uint32_t i = 0; i < result.map.tests.size(); ++i) index[result.map.tests[i]] = i;
    result.map.files.clear();
    for (auto& [path, cells] : files_) {
      ReachedFile file{path, {}, {}};
      if (const auto now = result.files.find(path); now != result.files.end()) file.source_hash = now->second;
      for (auto& [test, lines] : cells)
        if (const auto entry = index.find(test); entry != index.end())
          file.tests.push_back({entry->second, std::move(lines)});
      if (!file.tests.empty()) result.map.files.push_back(std::move(file));
    }
    if (!result.map.files.empty()) result.map.reason.clear();
    if (result.map.granularity.empty()) result.map.granularity = input_.before.map.granularity;
    result.tests.assign(tests_.begin(), tests_.end());
    return result;
  }

  MergeInput input_;
  std::set<TestId> seen_, lost_;
  std::set<KnownTest> tests_;
  std::vector<bool> carried_, shared_;
  std::map<std::string, Cells> files_;
};

}  // namespace

StoredMap merge_test_maps(MergeInput input) { return Merge(std::move(input)).run(); }

}  // namespace rh::engine
