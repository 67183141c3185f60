#include "profiles/python/line_table.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "runner/base/text.h"
#include "tests/unit/profiles/python/interpreters.h"

namespace rh::profiles::python {
namespace {

using namespace std::string_view_literals;

TEST(LineTable, ReadsTheOldFormat) {
  // 0: line 10; from byte 6: line 11; from 6 + 50: line 11 + 200, in two steps since one holds at most 127.
  const LineTable lines = LineTable::decode(8, "\x06\x01\x32\x7f\x00\x49"sv, 10);
  EXPECT_EQ(lines.entries(), (std::vector<LineStart>{{0, 10}, {6, 11}, {56, 211}}));
  EXPECT_EQ(lines.line_at(5), 10U);
  EXPECT_EQ(lines.line_at(6), 11U);
  EXPECT_EQ(lines.line_at(1000), 211U);
}

TEST(LineTable, LinesGoBackwards) {
  EXPECT_EQ(LineTable::decode(9, "\x04\xfd"sv, 10).line_at(4), 7U);
  EXPECT_EQ(LineTable::decode(10, "\x04\x00\x04\xfd"sv, 10).line_at(4), 7U);
}

TEST(LineTable, ReadsTheFormatOf310) {
  // 4 bytes on line 10, 2 without a line, 8 on line 12.
  const LineTable lines = LineTable::decode(10, "\x04\x00\x02\x80\x08\x02"sv, 10);
  EXPECT_EQ(lines.entries(), (std::vector<LineStart>{{0, 10}, {4, 0}, {6, 12}}));
}

TEST(LineTable, ReadsEveryKindOfLocation) {
  // Short form (kind 0) 1 unit, one-line form (kind 11: +1) 2 units, no column (kind 13: +3) 1 unit,
  // long form (kind 14: -2) 1 unit, none (kind 15) 1 unit.
  const LineTable lines = LineTable::decode(11, "\x80\x00\xd9\x01\x02\xe8\x06\xf0\x05\x01\x01\x01\xf8"sv, 100);
  EXPECT_EQ(lines.entries(), (std::vector<LineStart>{{0, 100}, {2, 101}, {6, 104}, {8, 102}, {10, 0}}));
}

TEST(LineTable, ACutTableEndsWhereItIsCut) {
  EXPECT_EQ(LineTable::decode(11, "\x80\x00\xe8\x40"sv, 5).entries(), (std::vector<LineStart>{{0, 5}}));
  EXPECT_EQ(LineTable::decode(10, "\x04"sv, 5).entries().size(), 0U);
  EXPECT_EQ(LineTable::decode(8, "\x04"sv, 5).entries().size(), 1U);
  EXPECT_EQ(LineTable::decode(12, ""sv, 5).line_at(0), 0U);
}

// Prints of every code object of some modules: first line, the table in hex, "offset:line" as CPython sees it.
constexpr const char* kDump = R"(
import dis, sys, types, importlib.util
def walk(code):
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from walk(each)
for name in ("argparse", "asyncio.base_events", "dataclasses", "decimal", "inspect", "tempfile", "typing"):
    spec = importlib.util.find_spec(name)
    code = compile(open(spec.origin, encoding="utf-8").read(), spec.origin, "exec")
    for each in walk(code):
        table = each.co_linetable if sys.version_info >= (3, 10) else each.co_lnotab
        if hasattr(each, "co_lines"):
            rows = [(start, line or 0) for start, end, line in each.co_lines() if end > start]
        else:
            rows = list(dis.findlinestarts(each))
        print(each.co_firstlineno, table.hex() or "-", ",".join("%d:%d" % row for row in rows) or "-")
)";

class LinesOfCPython : public testing::TestWithParam<int> {};

TEST_P(LinesOfCPython, AreThoseOfItsOwnDecoder) {
  const FoundPython* const python = python_of(GetParam());
  if (python == nullptr) GTEST_SKIP() << "no CPython 3." << GetParam() << " here";
  const std::string dump = output_of({python->path, "-c", kDump});
  std::size_t codes = 0, checked = 0;
  for (const std::string_view row : split_lines(dump)) {
    const auto words = split(row, ' ');
    if (words.size() != 3) continue;
    std::string table;
    for (std::size_t i = 0; words[1] != "-" && i + 1 < words[1].size(); i += 2)
      table.push_back(static_cast<char>(std::stoi(std::string(words[1].substr(i, 2)), nullptr, 16)));
    const auto first = static_cast<std::uint32_t>(parse_u64(words[0]).value_or(0));
    const LineTable lines = LineTable::decode(GetParam(), table, first);
    ++codes;
    if (words[2] == "-") continue;
    for (const std::string_view pair : split(words[2], ',')) {
      const auto parts = split(pair, ':');
      ASSERT_EQ(lines.line_at(*parse_i64(parts[0])), *parse_u64(parts[1])) << python->text << ": " << row;
      ++checked;
    }
  }
  EXPECT_GT(codes, 500U);
  EXPECT_GT(checked, 5000U);
}

INSTANTIATE_TEST_SUITE_P(Versions, LinesOfCPython, testing::Range(8, 15),
                         [](const auto& version) { return fmt::format("Python3{}", version.param); });

}  // namespace
}  // namespace rh::profiles::python
