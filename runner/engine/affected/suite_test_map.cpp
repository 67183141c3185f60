#include "runner/engine/affected/suite_test_map.h"

#include <algorithm>

#include <fmt/format.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/affected/map_merge.h"
#include "runner/engine/affected/reached_lines.h"
#include "runner/engine/ci_base.h"
#include "runner/engine/patch/git.h"
#include "runner/engine/patch/merge_base.h"
#include "runner/engine/patch/patch.h"
#include "runner/model/names.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::uint64_t kMaxSourceBytes = 16ULL << 20;
constexpr std::size_t kMaxKeptTextBytes = 64U << 20;  // of files that git does not have, in one map

bool is_wanted(const std::string& path) { return !is_left_behind(path); }

std::string without_revision(const StoredMap& stored) {
  return stored.commit.empty()
             ? fmt::format("what run {} measured", stored.run)
             : fmt::format("what run {} measured (commit {})", stored.run, stored.commit.substr(0, 12));
}

}  // namespace

void SuiteTestMap::plan(const adapters::Adapter& adapter, const adapters::StepContext& step) {
  asked_ = context_.options.affected;
  if (!asked_ && !context_.options.test_map) return;
  problem_ = adapter.test_map_problem(suite_, step);
  measures_ = problem_.empty();
  environment_ = fmt::format("{} {}", suite_.tool.name, suite_.tool.version);
  if (const std::string installed = adapter.installed(suite_, step); !installed.empty())
    environment_ += "\n" + installed;
  before_ = take_snapshot(context_.host, context_.repository, is_wanted);
  select(adapter, step);
  if (asked_) {
    if (selected_.report.all) selected_.left_out.clear();
    context_.log.append(TestsSelected{suite_.id, selected_.report});
  }
}

void SuiteTestMap::select(const adapters::Adapter& adapter, const adapters::StepContext& step) {
  auto stored = read_test_map(context_.paths.state, slug_);
  if (!stored) {
    const bool none = stored.error().kind == ErrorKind::not_found;
    const std::string next = measures_ ? "; this one does" : "; this one cannot: " + problem_;
    selected_ = select_all((none ? "no earlier run has told who tests what" : stored.error().message()) + next);
    return;
  }
  stored_ = *std::move(stored);
  if (asked_)
    if (const std::string problem = adapter.selection_problem(suite_, step); !problem.empty()) {
      selected_ = select_all(problem);
      return;
    }
  std::vector<std::string> measured;
  for (const ReachedFile& file : stored_->map.files) measured.push_back(file.path);
  add_files(*before_, context_.repository.root, measured);
  std::optional<BaseSnapshot> base;
  if (asked_ && !context_.options.base.empty()) {
    base = find_base();
    if (!base) return;
  }
  fetch_texts(base ? &*base : nullptr);
  SelectionInput input{*stored_,
                       *before_,
                       base ? &*base : nullptr,
                       suite_.id.value,
                       suite_.root,
                       suite_.ecosystem,
                       suite_.runner,
                       environment_,
                       {},
                       {},
                       {}};
  for (const auto& [root, ecosystem] : context_.suite_roots) {
    const bool nested = root != suite_.root && (suite_.root == "." || root.starts_with(suite_.root + "/"));
    // Compiled code below a suite of another language is often a part of what that suite tests.
    if (nested && (ecosystem == suite_.ecosystem || ecosystem != "cargo")) input.other_roots.insert(root);
  }
  input.text = [this](const std::string& path) { return text_of(path); };
  input.stored_text = [this](const std::string& id) { return stored_text(id); };
  selected_ = select_tests(input);
  selected_.report.compared_with =
      base ? fmt::format("the merge base {} of {}", base->commit.substr(0, 12), context_.options.base)
           : without_revision(*stored_);
}

// A base that is not to be had makes every test run; what to do about it is in the reason.
std::optional<BaseSnapshot> SuiteTestMap::find_base() {
  const std::filesystem::path& root = context_.repository.root;
  const auto named = [&]() -> Result<std::string> {
    if (context_.options.base != kAutoBase) return context_.options.base;
    RH_TRY(const Git git, Git::open(context_.host, root));
    RH_TRY(const RepositoryFacts facts, repository_facts(git));
    RH_TRY(BaseGuess guess, guess_base(context_.host.environment(), git, facts));
    return std::move(guess.base);
  }();
  auto base = named ? base_snapshot(context_.host, root, *named) : Result<BaseSnapshot>(Failure{named.error()});
  if (base) return *std::move(base);
  selected_ = select_all(base.error().message());
  return std::nullopt;
}

std::optional<std::string> SuiteTestMap::text_of(const std::string& path) const {
  auto text = read_file(context_.repository.root / path, kMaxSourceBytes);
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

std::optional<std::string> SuiteTestMap::stored_text(const std::string& id) {
  if (const auto found = texts_.find(id); found != texts_.end()) return found->second;
  return std::nullopt;
}

// All texts that the comparison can ask for, from one call of git.
void SuiteTestMap::fetch_texts(const BaseSnapshot* base) {
  std::set<std::string> ids;
  for (const ReachedFile& file : stored_->map.files) {
    const auto now = before_->files.find(file.path);
    const bool same = now != before_->files.end() && now->second == file.source_hash;
    if (const auto old = base == nullptr ? stored_->files.end() : base->files.find(file.path);
        base != nullptr && old != base->files.end() && (now == before_->files.end() || old->second != now->second))
      ids.insert(old->second), ids.insert(file.source_hash);
    if (!same) ids.insert(file.source_hash);
    if (base != nullptr && !base->files.contains(file.path)) ids.insert(file.source_hash);
  }
  texts_ = stored_texts(context_.host, context_.repository.root, ids);
  texts_.insert(stored_->texts.begin(), stored_->texts.end());
}

void SuiteTestMap::take(const TestCase& test, const Attempt& attempt) {
  if (test.kind != TestKind::test) {  // a failed subtest makes its test a failed one
    if (!is_failure(attempt.outcome)) return;
    const std::size_t end = test.id.value.rfind("::subtest");
    if (end == std::string::npos || test.parent.empty()) return;
    const std::size_t name = test.id.value.rfind(test.name, end);
    if (name != std::string::npos) seen_[{test.id.value.substr(0, name) + test.parent}] = true;
    return;
  }
  bool& failed = seen_[test.id];
  failed = is_failure(attempt.outcome) || (attempt.number <= 1 && failed);
}

StoredMap SuiteTestMap::measured_now(const std::vector<TestMapSource>& sources,
                                     const std::vector<std::filesystem::path>& folders,
                                     const std::function<void(Diagnostic)>& note) {
  Reached reached = read_reached(sources, {suite_.id, context_.repository.root, folders, context_.secrets.get()}, note);
  StoredMap fresh;
  fresh.run = context_.paths.run.filename().string();
  fresh.environment = environment_;
  fresh.map = std::move(reached.map);
  fresh.opaque = std::move(reached.opaque);
  for (const auto& [id, failed] : seen_) fresh.tests.push_back({id, failed});
  Snapshot after = take_snapshot(context_.host, context_.repository, is_wanted);
  std::vector<std::string> measured;
  for (const ReachedFile& file : fresh.map.files) measured.push_back(file.path);
  if (stored_)
    for (const ReachedFile& file : stored_->map.files) measured.push_back(file.path);
  add_files(after, context_.repository.root, measured);
  add_files(*before_, context_.repository.root, measured);  // as they are now: only git's files were looked at before
  fresh.commit = after.commit;
  std::set<std::string> written;
  if (stored_) written.insert(stored_->written_by_tests.begin(), stored_->written_by_tests.end());
  for (auto& [path, id] : after.files) {
    const auto old = before_->files.find(path);
    if (old != before_->files.end() && old->second == id) continue;
    if (source_kind(path) != SourceKind::other)
      id.clear();  // edited meanwhile: nobody knows which text was measured
    else if (!after.tracked.contains(path))
      written.insert(path);
  }
  fresh.written_by_tests.assign(written.begin(), written.end());
  for (ReachedFile& file : fresh.map.files)
    if (const auto id = after.files.find(file.path); id != after.files.end()) file.source_hash = id->second;
  fresh.files = std::move(after.files);
  return fresh;
}

void SuiteTestMap::finish(const std::vector<TestMapSource>& sources, const std::vector<std::filesystem::path>& folders,
                          bool ended, const std::function<void(Diagnostic)>& note) {
  if (!before_) return remember_failures(note);
  if (asked_) {
    TestSelection& selection = selected_.report;
    selection.ran = seen_.size();
    if (stored_) {
      const auto ran = [&](const KnownTest& test) { return seen_.contains(test.id); };
      // A runner that could not leave out all of them ran more: what counts is what really happened.
      if (left_out() != nullptr && selection.ran + selection.left_out > stored_->tests.size()) {
        const auto known = static_cast<std::uint64_t>(std::count_if(stored_->tests.begin(), stored_->tests.end(), ran));
        selection.left_out = std::min(selection.left_out, stored_->tests.size() - known);
      }
      for (const auto& [id, failed] : seen_)
        selection.added += !std::binary_search(stored_->tests.begin(), stored_->tests.end(), KnownTest{id, false},
                                               [](const KnownTest& a, const KnownTest& b) { return a.id < b.id; });
    }
    selection.summary = summary_of(selection);
    context_.log.append(TestsSelected{suite_.id, selection});
  }
  if (!measures_) {
    note({Severity::info, "test-map-unavailable", "who tests what was not measured: " + problem_, suite_.runner, {}});
    TestMap none;
    none.reason = problem_;
    context_.log.append(TestMapStored{suite_.id, none});
    return remember_failures(note);
  }
  StoredMap fresh = measured_now(sources, folders, note);
  const bool whole = ended && context_.options.extra_args.empty();
  if (stored_ && !(whole && left_out() == nullptr)) {
    std::set<std::string> unaffected;
    for (const KnownTest& test : stored_->tests) {
      const auto entry = entry_of(stored_->map, test.id.value);
      if (!entry) continue;
      const std::string id = stored_->map.tests[*entry].value.substr(suite_.id.value.size());
      if (id.size() > 2 && std::binary_search(selected_.left_out.begin(), selected_.left_out.end(), id.substr(2)))
        unaffected.insert(test.id.value);
    }
    fresh = merge_test_maps({*stored_, std::move(fresh), unaffected, whole,
                             [this](const std::string& path) { return text_of(path); },
                             [this](const std::string& id) { return stored_text(id); }});
  }
  keep_texts(fresh);
  if (auto written = write_test_map(context_.paths.state, slug_, fresh); !written)
    note({Severity::warning, "test-map-not-kept", written.error().message(), slug_, {}});
  report(fresh.map);
}

// Git keeps what was committed; the rest has to be kept here to tell later which lines changed.
void SuiteTestMap::keep_texts(StoredMap& map) {
  std::set<std::string> ids;
  for (const ReachedFile& file : map.map.files)
    if (!file.source_hash.empty()) ids.insert(file.source_hash);
  const auto known = stored_texts(context_.host, context_.repository.root, ids);
  std::size_t bytes = 0;
  for (const ReachedFile& file : map.map.files) {
    if (file.source_hash.empty() || known.contains(file.source_hash)) continue;
    auto text = text_of(file.path);
    if (!text || (bytes += text->size()) > kMaxKeptTextBytes) continue;
    map.texts[file.source_hash] = *std::move(text);
  }
}

// A run that measures nothing still knows which tests failed.
void SuiteTestMap::remember_failures(const std::function<void(Diagnostic)>& note) {
  if (seen_.empty()) return;
  if (!stored_) {
    auto stored = read_test_map(context_.paths.state, slug_);
    if (!stored) return;
    stored_ = *std::move(stored);
  }
  bool changed = false;
  for (KnownTest& test : stored_->tests) {
    const auto seen = seen_.find(test.id);
    if (seen == seen_.end() || seen->second == test.failed) continue;
    test.failed = seen->second;
    changed = true;
  }
  if (!changed) return;
  if (auto written = write_test_map(context_.paths.state, slug_, *stored_); !written)
    note({Severity::warning, "test-map-not-kept", written.error().message(), slug_, {}});
}

void SuiteTestMap::report(const TestMap& map) {
  std::size_t ranges = 0;
  for (const ReachedFile& file : map.files)
    for (const ReachedLines& reached : file.tests) ranges += reached.lines.size();
  if (ranges <= kMaxReportedRanges) return context_.log.append(TestMapStored{suite_.id, map});
  TestMap left_out;
  left_out.granularity = map.granularity;
  left_out.reason =
      fmt::format("{} ranges of lines are more than the {} that a report keeps; `--affected` uses all of them", ranges,
                  kMaxReportedRanges);
  context_.log.append(TestMapStored{suite_.id, left_out});
}

}  // namespace rh::engine
