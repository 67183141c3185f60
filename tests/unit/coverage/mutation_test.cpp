// Damaged input of every format: any bytes give a value or an error, and a value keeps the promises
// of the model (sorted, unique).
#include <random>

#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

struct Sample {
  Result<CoverageData> (*read)(std::string_view, const CoverageReadOptions&);
  std::string text;
};

const Sample kSamples[] = {
    {read_lcov,
     "TN:t\nSF:a\\b.c\nFN:1,3,main\nFNL:0,4\nFNA:0,2,x\nFNDA:2,main\nBRDA:4,e0,a, "
     "b,2\nBRDA:4,0,1,-\nDA:3,2\nDA:4,18446744073709551615\n"
     "LF:3\nend_of_record\nSF:a/b.c\nDA:4,1\nBRDA:4,1,1,0\nend_of_record\n"},
    {read_go_cover,
     "mode: count\nm/a.go:3.20,5.2 2 1\nm/a.go:5.2,7.3 1 0\nm/a.go:3.20,5.2 2 9\nm/b c.go:1.1,1.9 1 0\n"},
    {read_coverage_py_json,
     R"({"meta":{"branch_coverage":true},"files":{"a.py":{"executed_lines":[1,2],"missing_lines":[3],"executed_branches":[[1,2]],
        "missing_branches":[[3,-1]],"functions":{"f":{"executed_lines":[2],"missing_lines":[],"start_line":1}}}},"totals":{"num_statements":3,"covered_lines":2}})"},
    {read_cobertura,
     R"x(<?xml version="1.0" encoding="windows-1252"?><!DOCTYPE coverage [<!ENTITY a "b">]><coverage line-rate="1"><sources><source>/x</source></sources>
        <class filename="a&amp;b.c"><methods><method name="f"><lines><line number="1" hits="2"/></lines></method></methods><lines>
        <line number="2" hits="1" condition-coverage="50% (1/2)"/></lines></class></coverage>)x"},
};

template <class Record>
bool is_strictly_sorted(const std::vector<Record>& records) {
  return std::adjacent_find(records.begin(), records.end(),
                            [](const Record& a, const Record& b) { return !(a < b); }) == records.end();
}

std::string damaged(std::string text, std::mt19937& random) {
  constexpr std::string_view kBytes = "0:,.-\n\r\"'<>&/[]{}eU\\ \xFF";
  for (unsigned i = 0; i <= random() % 5; ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.insert(at, 1, kBytes[random() % kBytes.size()]);
        break;
      case 2:
        text.erase(at, 1 + random() % 8);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
    }
    if (text.empty()) return "x";
  }
  if (random() % 8 == 0) text.resize(random() % text.size() + 1);
  return text;
}

TEST(Mutation, EveryReaderKeepsItsPromises) {
  std::mt19937 random(7);
  for (const Sample& sample : kSamples) {
    for (int round = 0; round < 700; ++round) {
      const auto data = sample.read(damaged(sample.text, random), {"damaged"});
      if (!data) {
        EXPECT_FALSE(data.error().what.empty());
        continue;
      }
      for (const CoverageFile& file : data->files) {
        EXPECT_TRUE(is_strictly_sorted(file.lines));
        EXPECT_TRUE(is_strictly_sorted(file.branches));
        EXPECT_TRUE(is_strictly_sorted(file.functions));
        EXPECT_TRUE(is_strictly_sorted(file.blocks));
      }
    }
  }
}

TEST(Mutation, SniffersAgreeWithTheReaders) {
  bool (*const sniffers[])(std::string_view) = {sniff_lcov, sniff_go_cover, sniff_coverage_py_json, sniff_cobertura};
  for (std::size_t i = 0; i < std::size(kSamples); ++i)
    for (std::size_t j = 0; j < std::size(sniffers); ++j)
      EXPECT_EQ(sniffers[j](kSamples[i].text), i == j) << i << ' ' << j;
}

}  // namespace
}  // namespace rh::collectors
