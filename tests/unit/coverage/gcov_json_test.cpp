#include <zlib.h>

#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData gcov(std::string_view text) { return must(read_gcov_json(text, {"a.gcov.json"})); }
CoverageData gcovr(std::string_view text) { return must(read_gcovr_json(text, {"gcovr.json"})); }

std::string gzipped(std::string_view text) {
  std::string packed(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input(text);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// Of GCC 12: a line of a template stands there once for each type.
constexpr std::string_view kGcc12 = R"j({"gcc_version":"12.2.0","files":[{"lines":[
    {"branches":[{"count":0,"throw":false,"fallthrough":true},{"count":4,"throw":true,"fallthrough":false}],
     "count":4,"line_number":3,"unexecuted_block":true,"function_name":"_Z1fIiEvv"},
    {"branches":[{"count":0,"throw":false,"fallthrough":true},{"count":0,"throw":true,"fallthrough":false}],
     "count":0,"line_number":3,"unexecuted_block":true,"function_name":"_Z1fIdEvv"},
    {"branches":[],"count":1,"line_number":9,"unexecuted_block":false}],
    "functions":[{"start_line":3,"name":"_Z1fIiEvv","execution_count":4,"demangled_name":"void f<int>()"},
                 {"start_line":3,"name":"_Z1fIdEvv","execution_count":0,"demangled_name":"void f<double>()"}],
    "file":"src/a.cpp"}],"current_working_directory":"/build","format_version":"1","data_file":"a.gcda"})j";

TEST(GcovJson, InstancesOfALineAddUp) {
  const CoverageData data = gcov(kGcc12);
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "/build/src/a.cpp");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{3, 4}, {9, 1}}));
  EXPECT_EQ(data.files[0].branches, (std::vector<BranchHits>{{3, 0, "0", 0}, {3, 0, "1", 4}}));
  EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"void f<double>()", 3, 0}, {"void f<int>()", 3, 4}}));
  EXPECT_TRUE(data.diagnostics.empty());
  EXPECT_EQ(data.declared.value().lines, (Ratio{3, 2})) << "each instance";
}

TEST(GcovJson, PackedOrInARowIsTheSame) {
  EXPECT_EQ(gcov(gzipped(kGcc12)).files, gcov(kGcc12).files);
  const std::string packed = gzipped(kGcc12);
  EXPECT_EQ(gcov(packed + packed).files[0].lines, (std::vector<LineHits>{{3, 8}, {9, 2}}));
  EXPECT_TRUE(sniff_gcov_json(packed));
  EXPECT_TRUE(sniff_gcov_json(kGcc12));
  EXPECT_FALSE(sniff_gcovr_json(packed));
}

TEST(GcovJson, CutFilesKeepWhatWasRead) {
  const CoverageData data = gcov(kGcc12.substr(0, kGcc12.find("\"count\":1,")));
  EXPECT_EQ(data.files.size(), 0U) << "the file's name follows its lines";
  EXPECT_TRUE(has_code(data, "gcov-truncated"));
  EXPECT_TRUE(has_code(gcov(gzipped(kGcc12).substr(0, 200)), "gcov-truncated"));
  EXPECT_FALSE(read_gcov_json("\x1F\x8B\x08", {"x"}));
}

TEST(GcovJson, BlocksOfGcc14TellBranchesApart) {
  const CoverageData data = gcov(R"({"gcc_version":"14","files":[{"file":"/a.c","lines":[{"line_number":1,"count":2,
    "branches":[{"count":2,"source_block_id":2,"destination_block_id":3},{"count":0,"source_block_id":2,
    "destination_block_id":5},{"count":1,"source_block_id":4,"destination_block_id":3}]}]}]})");
  EXPECT_EQ(data.files.at(0).branches, (std::vector<BranchHits>{{1, 2, "3", 2}, {1, 2, "5", 0}, {1, 4, "3", 1}}));
}

TEST(GcovJson, CountsOutOfRangeAndRecordsWithoutNumberAreTold) {
  const CoverageData data = gcov(R"({"gcc_version":"9","files":[{"file":"a.c","lines":[{"line_number":1,"count":-5},
    {"line_number":2,"count":18446744073709551616},{"line_number":0,"count":1},{"count":3},{"line_number":4}]}]})");
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{1, 0}, {2, UINT64_MAX}}));
  EXPECT_EQ(data.diagnostics.size(), 5U);
}

TEST(GcovrJson, ExcludedCodeDoesNotCount) {
  const CoverageData data = gcovr(R"j({"gcovr/format_version":"0.15","files":[{"file":"a.cpp","lines":[
    {"line_number":3,"function_name":"f","count":4,"branches":[
      {"branchno":0,"count":2,"fallthrough":true,"throw":false,"source_block_id":0},
      {"branchno":4,"count":0,"fallthrough":false,"throw":false,"source_block_id":1},
      {"branchno":5,"count":0,"fallthrough":false,"throw":true,"source_block_id":1,"gcovr/excluded":true}],
     "gcovr/md5":"fb0f036d24aea71483d95ef0a3ca3dc1"},
    {"line_number":4,"count":1,"branches":[],"gcovr/excluded":true},
    {"line_number":5,"count":1,"branches":[],"gcovr/noncode":false}],
    "functions":[{"name":"_Z1fv","demangled_name":"f()","lineno":3,"execution_count":4},
                 {"name":"main","lineno":5,"execution_count":1,"gcovr/excluded":true}]}]})j");
  EXPECT_EQ(data.files.at(0).path, "a.cpp");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{3, 4}, {5, 1}}));
  EXPECT_EQ(data.files[0].branches, (std::vector<BranchHits>{{3, 0, "0", 2}, {3, 1, "4", 0}}));
  EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"f()", 3, 4}}));
  EXPECT_EQ(data.files[0].checksums.size(), 1U);
}

TEST(GcovrJson, ChecksumsProveOtherTexts) {
  const auto of_text = [](std::string_view md5) {
    return gcovr(
               std::string(R"({"gcovr/format_version":"0.6","files":[{"file":"a.c","lines":[{"line_number":1,"count":1,
      "branches":[],"gcovr/md5":")")
                   .append(md5)
                   .append(R"("}]}]})"))
        .files;
  };
  std::vector<CoverageFile> files = of_text("aa");
  merge_into(files, of_text("aa"));
  EXPECT_TRUE(divergent_paths(files).empty());
  merge_into(files, of_text("bb"));
  EXPECT_EQ(divergent_paths(files), (std::vector<std::string>{"a.c"}));
  EXPECT_EQ(files[0].lines, (std::vector<LineHits>{{1, 3}}));
}

TEST(GcovrJson, IsRecognisedByItsVersion) {
  EXPECT_TRUE(sniff_gcovr_json("\xEF\xBB\xBF {\"gcovr/format_version\": \"0.6\", \"files\": ["));
  EXPECT_FALSE(sniff_gcov_json("{\"gcovr/format_version\": \"0.6\", \"files\": [{\"lines\": [{\"line_number\""));
  EXPECT_FALSE(sniff_gcov_json(R"({"meta":{"version":"7"},"files":{"a.py":{"executed_lines":[1]}}})"));
  EXPECT_FALSE(sniff_gcovr_json("[]"));
}

}  // namespace
}  // namespace rh::collectors
