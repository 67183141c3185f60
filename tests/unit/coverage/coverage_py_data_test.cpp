#include <sqlite3.h>

#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

// A database as coverage.py 7 writes it, with `rows` added.
std::string database(const std::string& rows, const std::string& schema = R"(
    CREATE TABLE coverage_schema (version integer); INSERT INTO coverage_schema VALUES (7);
    CREATE TABLE meta (key text, value text, unique (key));
    CREATE TABLE file (id integer primary key, path text, unique (path));
    CREATE TABLE context (id integer primary key, context text, unique (context));
    CREATE TABLE line_bits (file_id integer, context_id integer, numbits blob, unique (file_id, context_id));
    CREATE TABLE arc (file_id integer, context_id integer, fromno integer, tono integer);
    CREATE TABLE tracer (file_id integer primary key, tracer text);)") {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(db, (schema + rows).c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(db, "main", &size, 0);
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  sqlite3_free(bytes);
  sqlite3_close(db);
  return text;
}

constexpr const char* kSource = "def f(a):\n    if a:\n        return 1\n    return 2\n\nf(0)\n";

CoverageReadOptions with_source() {
  CoverageReadOptions options{".coverage"};
  options.source = [](std::string_view path) {
    return path == "/r/a.py" ? std::optional<std::string>(kSource) : std::nullopt;
  };
  return options;
}

// Lines 1, 2, 4, 6 as bits 0b01010110.
const char* const kLines = R"(INSERT INTO meta VALUES ('has_arcs', '0'), ('version', '7.17.3');
    INSERT INTO file VALUES (1, '/r/a.py'); INSERT INTO context VALUES (1, '');
    INSERT INTO line_bits VALUES (1, 1, x'56');)";

TEST(CoveragePyData, LinesOfTheTextThatDidNotRunAreZero) {
  const CoverageData data = must(read_coverage_py_data(database(kLines), with_source()));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 0}, {4, 1}, {6, 1}}));
  EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"f", 1, 1}}));
  EXPECT_TRUE(data.files[0].branches.empty());
  EXPECT_EQ(data.basis, "lines");
  EXPECT_FALSE(data.contexts);
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(CoveragePyData, WithoutTheTextOnlyWhatRanIsKnownAndThatIsSaid) {
  const CoverageData data = must(read_coverage_py_data(database(kLines), {".coverage"}));
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {4, 1}, {6, 1}}));
  EXPECT_TRUE(has_code(data, "coverage-py-source"));
}

TEST(CoveragePyData, JumpsBecomeBranches) {
  const CoverageData data = must(read_coverage_py_data(database(R"(INSERT INTO meta VALUES ('has_arcs', '1');
      INSERT INTO file VALUES (1, '/r/a.py'), (2, '/r/b.html'); INSERT INTO context VALUES (1, '');
      INSERT INTO tracer VALUES (2, 'django');
      INSERT INTO arc VALUES (1,1,-1,1), (1,1,1,6), (1,1,6,-1), (1,1,-1,2), (1,1,2,4), (1,1,4,-1), (2,1,-1,3);)"),
                                                       with_source()));
  EXPECT_EQ(data.basis, "lines+branches");
  EXPECT_EQ(data.files.at(0).branches, (std::vector<BranchHits>{{2, 0, "3", 0}, {2, 0, "4", 1}}));
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 0}, {4, 1}, {6, 1}}));
  EXPECT_EQ(data.files.at(1).lines, (std::vector<LineHits>{{3, 1}}));
}

TEST(CoveragePyData, ContextsTellWhoTestsWhat) {
  const CoverageData data = must(read_coverage_py_data(database(R"(INSERT INTO meta VALUES ('has_arcs', '0');
      INSERT INTO file VALUES (1, '/r/a.py'), (2, '/r/gone.py');
      INSERT INTO context VALUES (1, ''), (2, 't.py::b|run'), (3, 't.py::a|run');
      INSERT INTO line_bits VALUES (1, 1, x'42'), (1, 2, x'14'), (1, 3, x'0C'), (2, 2, x'02');)"),
                                                       with_source()));
  ASSERT_TRUE(data.contexts);
  EXPECT_EQ(data.contexts->granularity, "test");
  EXPECT_EQ(data.contexts->tests, (std::vector<model::TestId>{{"t.py::a|run"}, {"t.py::b|run"}}));
  ASSERT_EQ(data.contexts->files.size(), 2U);
  EXPECT_EQ(data.contexts->files[0].path, "/r/a.py");
  EXPECT_EQ(data.contexts->files[0].tests, (std::vector<model::ReachedLines>{{0, {{2, 3}}}, {1, {{2, 2}, {4, 4}}}}));
  EXPECT_EQ(data.contexts->files[1].tests, (std::vector<model::ReachedLines>{{1, {{1, 1}}}}));
}

TEST(CoveragePyData, AFileThatNeverRanIsAllZero) {
  const CoverageData data = must(
      read_coverage_py_data(database("INSERT INTO file VALUES (1, '/r/a.py'), (2, '/r/gone.py');"), with_source()));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(totals_of(data.files).lines, (Ratio{5, 0}));
}

TEST(CoveragePyData, OlderSchemasAreRead) {
  const CoverageData numbers = must(read_coverage_py_data(database("", R"(
      CREATE TABLE coverage_schema (version integer); CREATE TABLE meta (has_arcs boolean); INSERT INTO meta VALUES (0);
      CREATE TABLE file (id integer primary key, path text); CREATE TABLE context (id integer primary key, context text);
      CREATE TABLE line (file_id integer, context_id integer, lineno integer);
      INSERT INTO file VALUES (1, '/r/a.py'); INSERT INTO line VALUES (1, 1, 6), (1, 1, -4);)"),
                                                          with_source()));
  EXPECT_EQ(totals_of(numbers.files).lines, (Ratio{5, 1}));
  EXPECT_TRUE(has_code(numbers, "coverage-py-record"));
  const CoverageData bitmap = must(read_coverage_py_data(database("", R"(
      CREATE TABLE coverage_schema (version integer); CREATE TABLE file (id integer primary key, path text);
      CREATE TABLE context (id integer primary key, context text);
      CREATE TABLE line_map (file_id integer, context_id integer, bitmap blob);
      INSERT INTO file VALUES (1, '/r/a.py'); INSERT INTO line_map VALUES (1, 1, x'56');)"),
                                                         with_source()));
  EXPECT_EQ(totals_of(bitmap.files).lines, (Ratio{5, 4}));
}

TEST(CoveragePyData, DamageIsToldAndNeverAWrongSilence) {
  const std::string whole = database(kLines);
  const auto cut = read_coverage_py_data(whole.substr(0, whole.size() / 2), with_source());
  EXPECT_TRUE(!cut || has_code(*cut, "coverage-py-damaged"));
  EXPECT_FALSE(read_coverage_py_data("SQLite format 3", {"x"}));
  EXPECT_FALSE(read_coverage_py_data("", {"x"}));
  EXPECT_FALSE(read_coverage_py_data(database("", "CREATE TABLE t (a);"), {"x"}));
}

TEST(CoveragePyData, IsRecognised) {
  EXPECT_TRUE(sniff_coverage_py_data(std::string_view(database(kLines)).substr(0, 4096)));
  EXPECT_FALSE(sniff_coverage_py_data(database("", "CREATE TABLE t (a);")));
}

}  // namespace
}  // namespace rh::collectors
