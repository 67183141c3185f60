// The documents of `history ... --json`.
#include "reporters/history.h"

#include "reporters/json/encoder.h"
#include "reporters/json/writer.h"

namespace rh::reporters {
namespace {

constexpr std::uint64_t kSchemaVersion = 1;

}  // namespace

template <class V>
void fields(V& v, Type<model::StoredRun>) {
  using T = model::StoredRun;
  v("id", &T::id);
  v("started_at", &T::started_at);
  v("git_commit", &T::git_commit);
  v("branch", &T::branch);
  v("git_dirty", &T::git_dirty);
  v("preset", &T::preset);
  v("jobs", &T::jobs);
  v("machine", &T::machine);
  v("exit_code", &T::exit_code);
  v("verdict", &T::verdict);
  v("gates_blocked", &T::gates_blocked);
  v("wall_ns", &T::wall);
  v("partial", &T::partial);
  v.derived("tests", [](const T& run) { return run.counted ? std::optional(run.counts) : std::nullopt; });
  v("coverage", &T::coverage);
}

template <class V>
void fields(V& v, Type<model::StoredSuite>) {
  using T = model::StoredSuite;
  v("id", &T::suite);
  v("status", &T::status);
  v("wall_ns", &T::wall);
  v("test_wall_ns", &T::test_wall);
  v("cpu_ns", &T::cpu);
  v("peak_memory_bytes", &T::peak_memory_bytes);
  v("tests", &T::tests);
  v("failed", &T::failed);
  v("lines", &T::lines);
}

template <class V>
void fields(V& v, Type<model::StoredTest>) {
  using T = model::StoredTest;
  v("id", &T::test);
  v("outcome", &T::outcome);
  v("attempts", &T::attempts);
  v("flips", &T::flips);
  v("duration_ns", &T::duration);
  v("cpu_ns", &T::cpu);
  v("peak_memory_bytes", &T::peak_memory_bytes);
}

template <class V>
void fields(V& v, Type<model::StoredRunDetails>) {
  using T = model::StoredRunDetails;
  v("run", &T::run);
  v("suites", &T::suites);
  v("tests", &T::tests);
}

template <class V>
void fields(V& v, Type<model::TrendPoint>) {
  using T = model::TrendPoint;
  v("run", &T::run);
  v("started_at", &T::started_at);
  v("git_commit", &T::git_commit);
  v("git_dirty", &T::git_dirty);
  v("machine", &T::machine);
  v("status", &T::status);
  v("flaky", &T::flaky);
  v("wall_ns", &T::wall);
  v("cpu_ns", &T::cpu);
  v("peak_memory_bytes", &T::peak_memory_bytes);
  v("lines", &T::lines);
}

std::string_view kind_name(model::TrendKind kind) {
  constexpr std::string_view kNames[] = {"run", "suite", "test", "coverage"};
  return kNames[static_cast<std::size_t>(kind)];
}

template <class V>
void fields(V& v, Type<model::Trend>) {
  using T = model::Trend;
  v.derived("kind", [](const T& trend) { return std::string(kind_name(trend.kind)); });
  v.derived("subject",
            [](const T& trend) { return trend.subject.empty() ? std::nullopt : std::optional(trend.subject); });
  v("points", &T::points);
}

template <class V>
void fields(V& v, Type<model::FlakyTest>) {
  using T = model::FlakyTest;
  v("id", &T::test);
  v("rate", &T::rate);
  v("runs", &T::runs);
  v("failures", &T::failures);
  v("last_flip", &T::last_flip);
  v("last_flip_at", &T::last_flip_at);
}

template <class V>
void fields(V& v, Type<model::Pruned>) {
  using T = model::Pruned;
  v("dry_run", &T::dry_run);
  v("runs_removed", &T::runs);
  v("runs_left", &T::runs_left);
  v("names_removed", &T::names);
  v("bytes_before", &T::bytes_before);
  v("bytes_after", &T::bytes_after);
  v("folders_removed", &T::folders);
  v("folder_bytes_removed", &T::folder_bytes);
  v("folders_kept", &T::kept_folders);
}

template <class V>
void fields(V& v, Type<model::QuarantineRow>) {
  using T = model::QuarantineRow;
  v("id", &T::tests);
  v("quarantine", &T::quarantine);
  v.derived("since", [](const T& row) { return row.since.empty() ? std::nullopt : std::optional(row.since); });
  v("days_left", &T::days_left);
  v("origin", &T::origin);
}

namespace {

class Document {
 public:
  explicit Document(std::string_view name) {
    writer_.open('{');
    add("schema", "runharness.history." + std::string(name));
    add("schema_version", kSchemaVersion);
  }
  template <class T>
  Document& add(std::string_view key, const T& value) {
    writer_.key(key);
    encoder_.value(value);
    return *this;
  }
  template <class T>
  Document& members(const T& value) {
    encoder_.members(value);
    return *this;
  }
  std::string end() {
    writer_.close('}');
    return writer_.take() + '\n';
  }

 private:
  JsonWriter writer_{2};
  Encoder encoder_{writer_, Density::full, {}};
};

}  // namespace

std::string runs_to_json(const std::vector<model::StoredRun>& runs, const std::string& file) {
  return Document("list").add("file", file).add("runs", runs).end();
}

std::string run_to_json(const model::StoredRunDetails& details) { return Document("run").members(details).end(); }

std::string trend_to_json(const model::Trend& trend) { return Document("trend").members(trend).end(); }

std::string flaky_to_json(const std::vector<model::FlakyTest>& tests, std::uint64_t window) {
  return Document("flaky").add("window", window).add("tests", tests).end();
}

std::string pruned_to_json(const model::Pruned& pruned) { return Document("pruned").members(pruned).end(); }

std::string quarantine_to_json(const std::vector<model::QuarantineRow>& rows, const std::string& file) {
  return Document("quarantine")
      .add("file", file.empty() ? std::nullopt : std::optional(file))
      .add("entries", rows)
      .end();
}

}  // namespace rh::reporters
