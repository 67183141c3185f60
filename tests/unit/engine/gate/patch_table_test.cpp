// Hand-computed verdicts about patches and new files.
#include <gtest/gtest.h>

#include "tests/unit/engine/gate/table.h"

namespace rh::engine::gate_test {
namespace {

using namespace rh::model;

std::function<void(Case&)> changed(const std::string& states) {
  return [=](Case& c) { c.changed("src/a.py", states); };
}

TEST(GateTable, PatchesAreJudgedByTheirLinesWithData) {
  check_rows({
      {"4 of 5", "coverage.patch", {{"min", "80"}}, changed("ccccu"), kPassed, false, "80.00 %"},
      {"3 of 5", "coverage.patch", {{"min", "80"}}, changed("cccuu"), kFailed, true, "60.00 %", "src/a.py"},
      {"lines without data do not count",
       "coverage.patch",
       {{"min", "80"}},
       changed("nnccccunn"),
       kPassed,
       false,
       "80.00 %"},
      {"999 of 1000 is not all",
       "coverage.patch",
       {{"min", "100"}},
       [](Case& c) {
         std::string lines(1000, 'c');
         lines.back() = 'u';
         c.changed("a", lines);
       },
       kFailed,
       true,
       "99.90 %"},
      {"partial lines are hit", "coverage.patch", {{"min", "100"}}, changed("ppp"), kPassed, false, "100.00 %"},
      {"partial lines are not full",
       "coverage.patch",
       {{"min", "50"}, {"metric", "full_lines"}},
       changed("cpp"),
       kFailed,
       true,
       "33.33 %"},
      {"branches on changed lines",
       "coverage.patch",
       {{"min", "75"}, {"metric", "branches"}},
       [](Case& c) {
         c.changed("a", "pc").branches({4, 3});
       },
       kPassed,
       false,
       "75.00 %"},
      {"branches below",
       "coverage.patch",
       {{"min", "76"}, {"metric", "branches"}},
       [](Case& c) {
         c.changed("a", "pc").branches({4, 3});
       },
       kFailed,
       true,
       "75.00 %",
       "a"},
      {"no branches changed", "coverage.patch", {{"min", "76"}, {"metric", "branches"}}, changed("cc"), kNoData, false},
      {"files add up",
       "coverage.patch",
       {{"min", "50"}},
       [](Case& c) { c.changed("a", "cu").changed("b", "cccuuu"); },
       kPassed,
       false,
       "50.00 %"},
      {"the file with most uncovered is first",
       "coverage.patch",
       {{"min", "51"}},
       [](Case& c) { c.changed("a", "cu").changed("b", "cccuuu"); },
       kFailed,
       true,
       "50.00 %",
       "b"},
      {"scope",
       "coverage.patch",
       {{"min", "51"}, {"files", "b"}},
       [](Case& c) { c.changed("a", "uuu").changed("b", "cc"); },
       kPassed,
       false,
       "100.00 %"},
      {"added file",
       "coverage.patch",
       {{"min", "50"}},
       [](Case& c) { c.changed("a", "cu", PatchFileKind::added); },
       kPassed,
       false,
       "50.00 %"},
      {"level warn", "coverage.patch", {{"min", "80"}, {"level", "warn"}}, changed("u"), kFailed, false, "0.00 %"},
      {"smaller than the least size",
       "coverage.patch",
       {{"min", "80"}, {"min_size", "3"}},
       changed("uu"),
       kNoData,
       false,
       "0.00 %"},
      {"of the least size",
       "coverage.patch",
       {{"min", "80"}, {"min_size", "3"}},
       changed("uuu"),
       kFailed,
       true,
       "0.00 %"},
      {"least size counts lines with data",
       "coverage.patch",
       {{"min", "80"}, {"min_size", "3"}},
       changed("uunnnn"),
       kNoData,
       false},
  });
}

TEST(GateTable, PatchesWithoutData) {
  check_rows({
      {"no base", "coverage.patch", {{"min", "80"}}, [](Case& c) { c.file("a", "1"); }, kNoData, false},
      {"no base, wanted",
       "coverage.patch",
       {{"min", "80"}, {"no_data", "fail"}},
       [](Case& c) { c.file("a", "1"); },
       kNoData,
       true},
      {"an empty patch passes", "coverage.patch", {{"min", "80"}}, [](Case& c) { c.patch(); }, kNoData, false},
      {"an empty patch, policy fail",
       "coverage.patch",
       {{"min", "80"}, {"no_data", "fail"}},
       [](Case& c) { c.patch(); },
       kNoData,
       true},
      {"documents only, named",
       "coverage.patch",
       {{"min", "80"}},
       [](Case& c) { c.unmeasured("README.md", 0, false); },
       kNoData,
       false,
       "",
       "README.md"},
      {"only lines without data", "coverage.patch", {{"min", "80"}}, changed("nnn"), kNoData, false},
      {"moved code is no change",
       "coverage.patch",
       {{"min", "80"}},
       [](Case& c) { c.renamed("old.py", "new.py"); },
       kNoData,
       false},
      {"moved and edited: the edit counts",
       "coverage.patch",
       {{"min", "80"}},
       [](Case& c) { c.renamed("old.py", "new.py", "u"); },
       kFailed,
       true,
       "0.00 %",
       "new.py"},
      {"deleted file",
       "coverage.patch",
       {{"min", "80"}},
       [](Case& c) { c.changed("a", "", PatchFileKind::deleted); },
       kNoData,
       false},
      {"a changed source that no report names",
       "coverage.missing",
       {},
       [](Case& c) { c.unmeasured("src/new.py", 3); },
       kFailed,
       true,
       "1",
       "src/new.py"},
      {"a document that no report names",
       "coverage.missing",
       {},
       [](Case& c) { c.unmeasured("README.md", 3, false); },
       kPassed,
       false,
       "0",
       "-"},
      {"a source with comments changed",
       "coverage.missing",
       {},
       [](Case& c) { c.unmeasured("src/a.py", 0); },
       kPassed,
       false,
       "0"},
      {"measured source", "coverage.missing", {}, changed("c"), kPassed, false, "0", "-"},
      {"missing outside of the scope",
       "coverage.missing",
       {{"files", "lib/**"}},
       [](Case& c) { c.unmeasured("src/new.py", 3); },
       kPassed,
       false,
       "0"},
      {"missing, no base", "coverage.missing", {}, [](Case&) {}, kNoData, false},
  });
}

TEST(GateTable, DifferentialCategories) {
  const auto build = [](Case& c) {
    c.patch();
    c.report.patch->line_categories.emplace();
    c.report.patch->line_categories->unc = 2;
    c.report.patch->line_categories->lbc = 1;
    c.report.patch->line_categories->gnc = 9;
    c.report.patch->categories_reason = "neither side has coverage of branches";
  };
  check_rows({
      {"UNC, LBC and UIC are 3", "coverage.categories", {{"max", "3"}}, build, kPassed, false, "3"},
      {"3 are too many", "coverage.categories", {{"max", "2"}}, build, kFailed, true, "3"},
      {"one of them", "coverage.categories", {{"max", "0"}, {"categories", "LBC"}}, build, kFailed, true, "1"},
      {"one that there is not", "coverage.categories", {{"categories", "UIC"}}, build, kPassed, false, "0"},
      {"of branches", "coverage.categories", {{"metric", "branches"}}, build, kNoData, false},
      {"without a base", "coverage.categories", {}, [](Case&) {}, kNoData, false},
  });
}

TEST(GateTable, NewFiles) {
  const auto added = [](const std::string& lines) {
    return
        [=](Case& c) { c.file("old.py", "0000").file("new.py", lines).changed("new.py", "c", PatchFileKind::added); };
  };
  check_rows({
      {"half covered", "coverage.new_file", {{"min", "50"}}, added("10"), kPassed, false, "50.00 %"},
      {"less than half", "coverage.new_file", {{"min", "50"}}, added("100"), kFailed, true, "33.33 %", "new.py"},
      {"without code", "coverage.new_file", {{"min", "50"}}, added("---"), kNoData, false},
      {"no file is new",
       "coverage.new_file",
       {{"min", "50"}},
       [](Case& c) { c.file("old.py", "0").changed("old.py", "u"); },
       kNoData,
       false},
      {"a renamed file is not new",
       "coverage.new_file",
       {{"min", "50"}},
       [](Case& c) { c.file("b.py", "0").renamed("a.py", "b.py"); },
       kNoData,
       false},
      {"a copied file is new",
       "coverage.new_file",
       {{"min", "50"}},
       [](Case& c) { c.file("b.py", "0").changed("b.py", "u", PatchFileKind::copied); },
       kFailed,
       true,
       "0.00 %",
       "b.py"},
      {"no base", "coverage.new_file", {{"min", "50"}}, [](Case& c) { c.file("b.py", "0"); }, kNoData, false},
  });
}

}  // namespace
}  // namespace rh::engine::gate_test
