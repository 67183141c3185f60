// Damaged input of the formats that other tools write: any bytes give a value or an error, a value keeps the promises
// of the model, and each document is recognised by its own reader alone.
#include <random>

#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

struct Sample {
  CoverageFormat format;
  std::string text;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> kSamples = {
      {{"istanbul", "", read_istanbul, sniff_istanbul},
       R"({"a.js": {"path": "a.js", "statementMap": {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 5}}},
         "fnMap": {"0": {"name": "f", "decl": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 2}}, "loc":
         {"start": {"line": 1, "column": 0}, "end": {"line": 2, "column": 2}}}}, "branchMap": {"0": {"loc": {"start": {"line": 1,
         "column": 0}}, "locations": [{"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 4}}]}}, "s": {"0": 1},
         "f": {"0": 1}, "b": {"0": [1]}, "inputSourceMap": {"sources": ["x.ts"], "mappings": "AAAA,IAAM;AACA"}}})"},
      {{"v8", "", read_v8, sniff_v8},
       R"({"result": [{"scriptId": "1", "url": "file:///a.js", "source": "function f() { return 1 }\nf()\n//# sourceMappingURL=data:;base64,eyJzb3VyY2VzIjpbImIudHMiXSwibWFwcGluZ3MiOiJBQUFBO0FBQ0EifQ==\n",
         "functions": [{"functionName": "", "ranges": [{"startOffset": 0, "endOffset": 120, "count": 1}], "isBlockCoverage": true},
         {"functionName": "f", "ranges": [{"startOffset": 0, "endOffset": 25, "count": 2}, {"startOffset": 15, "endOffset": 20,
         "count": 0}], "isBlockCoverage": true}]}], "source-map-cache": {"file:///c.js": {"lineLengths": [5, 6], "data":
         {"sources": ["d.ts"], "sourcesContent": ["a\nb"], "mappings": "AAAA"}}}})"},
      {{"llvm-cov", "", read_llvm_cov, sniff_llvm_cov},
       R"({"data": [{"files": [{"branches": [[2, 7, 2, 12, 3, 0, 0, 0, 4]], "filename": "a.rs", "segments": [[1, 1, 3, true, true,
         false], [4, 2, 0, false, false, false]]}], "functions": [{"name": "f", "count": 1, "filenames": ["a.rs"], "regions":
         [[1, 1, 4, 2, 1, 0, 0, 0]]}], "totals": {"lines": {"count": 4, "covered": 4}}}], "type": "llvm.coverage.json.export"})"},
      {{"simplecov", "", read_simplecov, sniff_simplecov},
       R"({"RSpec": {"coverage": {"a.rb": {"lines": [null, 1, 0], "branches": {"[:if, 0, 2, 4, 2, 9]": {"[:then, 1, 2, 6, 2, 7]":
         1}}, "methods": {"[Foo, :bar, 2, 2, 3, 5]": 4}}, "b.rb": [1]}, "timestamp": 1}})"},
      {{"coverlet", "", read_coverlet, sniff_coverlet},
       R"x({"a.dll": {"A.cs": {"A": {"f()" :
          {"Lines" : {"10" : 3}, "Branches" : [ {"Line" : 10, "Offset" : 5, "Path" : 0, "Hits" : 3} ]}
    }
  }
}
})x"},
      {{"xccov", "", read_xccov, sniff_xccov},
       R"({"A.swift": [{"line": 1, "isExecutable": true, "executionCount": 3}]})"},
      {{"jacoco", "", read_jacoco, sniff_jacoco},
       R"(<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="x"><sessioninfo id="a"/><group name="g">
         <package name="p"><class name="p/A" sourcefilename="A.java"><method name="f" desc="()V" line="1"><counter type="METHOD"
         missed="0" covered="1"/></method></class><sourcefile name="A.java"><line nr="1" mi="0" ci="2" mb="1" cb="1"/></sourcefile>
         </package></group><counter type="LINE" missed="0" covered="1"/></report>)"},
      {{"clover", "", read_clover, sniff_clover},
       R"(<coverage generated="1"><project><metrics statements="1" coveredstatements="1"/><package name="p"><file name="a.php">
         <line num="1" type="stmt" count="1"/><line num="2" type="cond" truecount="1" falsecount="0"/><line num="3" type="method"
         name="f" count="1"/></file></package></project></coverage>)"},
      {{"opencover", "", read_opencover, sniff_opencover},
       R"(<CoverageSession><Summary numSequencePoints="1" visitedSequencePoints="1"/><Modules><Module><Files><File uid="1"
         fullPath="a.cs"/></Files><Method visited="true"><Name>f</Name><FileRef uid="1"/><SequencePoint vc="1" offset="0" sl="1" sc="1"
         el="3" ec="2" fileid="1"/><BranchPoint vc="1" offset="0" path="0" sl="1" fileid="1"/></Method></Module></Modules></CoverageSession>)"},
      {{"visual-studio", "", read_visual_studio, sniff_visual_studio},
       R"(<results><modules><module name="a"><functions><function name="f"><ranges><range source_id="0" start_line="1" end_line="2"
         covered="yes"/></ranges></function></functions><source_files><source_file id="0" path="a.cs"/></source_files></module>
         </modules></results>)"},
      {{"visual-studio", "", read_visual_studio, sniff_visual_studio},
       R"(<CoverageDSPriv><Module><Class><Method><MethodName>f</MethodName><Lines><LnStart>1</LnStart><LnEnd>2</LnEnd><Coverage>0</Coverage>
         <SourceFileID>1</SourceFileID></Lines></Method></Class></Module><SourceFileNames><SourceFileID>1</SourceFileID><SourceFileName>a.cs
         </SourceFileName></SourceFileNames></CoverageDSPriv>)"},
      {{"sonar", "", read_sonar, sniff_sonar},
       R"(<coverage version="1"><file path="a.c"><lineToCover lineNumber="3" covered="true" branchesToCover="2" coveredBranches="1"/>
         </file></coverage>)"},
  };
  return kSamples;
}

template <class Record>
bool is_strictly_sorted(const std::vector<Record>& records) {
  return std::adjacent_find(records.begin(), records.end(),
                            [](const Record& a, const Record& b) { return !(a < b); }) == records.end();
}

std::string damaged(std::string text, std::mt19937& random) {
  constexpr std::string_view kBytes = "0:,.-\n\r\"'<>&/[]{}eU\\ \xFF;9";
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

TEST(FormatsMutation, EveryReaderKeepsItsPromises) {
  std::mt19937 random(11);
  for (const Sample& sample : samples()) {
    EXPECT_TRUE(sample.format.read(sample.text, {"whole"})) << sample.format.name;
    for (int round = 0; round < 500; ++round) {
      const auto data = sample.format.read(damaged(sample.text, random), {"damaged"});
      if (!data) {
        EXPECT_FALSE(data.error().what.empty());
        continue;
      }
      for (const CoverageFile& file : data->files) {
        EXPECT_TRUE(is_strictly_sorted(file.lines)) << sample.format.name;
        EXPECT_TRUE(is_strictly_sorted(file.branches)) << sample.format.name;
        EXPECT_TRUE(is_strictly_sorted(file.functions)) << sample.format.name;
        EXPECT_TRUE(is_strictly_sorted(file.blocks)) << sample.format.name;
        EXPECT_TRUE(is_strictly_sorted(file.regions)) << sample.format.name;
      }
    }
  }
}

TEST(FormatsMutation, EachIsRecognisedByItsOwnReaderAlone) {
  bool (*const others[])(std::string_view) = {sniff_lcov, sniff_go_cover, sniff_coverage_py_json, sniff_cobertura};
  for (const Sample& sample : samples()) {
    for (const Sample& other : samples())
      EXPECT_EQ(other.format.sniff(sample.text), other.format.name == sample.format.name)
          << sample.format.name << " by " << other.format.name;
    for (const auto& sniff : others) EXPECT_FALSE(sniff(sample.text)) << sample.format.name;
  }
}

// A head that was cut anywhere behind its first names is still recognised.
TEST(FormatsMutation, FirstBytesAreEnough) {
  for (const Sample& sample : samples())
    EXPECT_TRUE(sample.format.sniff(sample.text.substr(0, 190))) << sample.format.name;
}

TEST(FormatsMutation, EmptyAndForeignInputIsRefused) {
  for (const Sample& sample : samples())
    for (const std::string_view text :
         {"", " ", "x", "{}", "[]", "<a/>", "<?xml version=\"1.0\"?>", "null", "\xFF\xFE"})
      EXPECT_FALSE(sample.format.read(text, {"x"})) << sample.format.name << ": " << text;
}

}  // namespace
}  // namespace rh::collectors
