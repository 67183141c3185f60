// Group D of the corpus, reports: results that are forged, hostile to their reader, or hostile to whoever
// opens the report.
#include <fcntl.h>
#include <tinyxml2.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collectors/results/reader.h"
#include "runner/base/text.h"
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kReaderBytes = 64U << 20;
constexpr milliseconds kReaderTime{1000};

class Reports : public Corpus {
 protected:
  void SetUp() override {
    if (!fs::exists(program("runharness"))) GTEST_SKIP() << "RUNHARNESS names no program";
  }

  // A project of one suite, which is the probe and writes results.xml, tested by the program itself.
  Ran test_suite(const Words& probe_arguments) {
    std::string command = "\"" + program("escape_probe").string() + "\"";
    for (const std::string& word : probe_arguments) command += ", \"" + word + "\"";
    EXPECT_TRUE(write_file(workspace() / "runharness.toml",
                           "[[suite]]\nid = \"own\"\nroot = \".\"\nresults = "
                           "\"results.xml\"\ncommand = [" +
                               command + "]\n"));
    fs::remove_all(folder());
    return uncaged("measure", {program("runharness"), "test", workspace(), "--no-coverage", "--preset", "local",
                               "--out", folder(), "--ro", program("")});
  }

  [[nodiscard]] fs::path folder() const { return workspace().parent_path() / "run"; }
  [[nodiscard]] json report() const {
    json parsed = json::parse(text_of(folder() / "report.json"), nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << "report.json is no JSON";
    return parsed.is_discarded() ? json::object() : parsed;
  }
  [[nodiscard]] std::vector<std::string> diagnostics() const {
    std::vector<std::string> codes;
    const json parsed = report();
    for (const json& one : parsed.at("diagnostics")) codes.push_back(one.at("code"));
    return codes;
  }
};

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// Characters that XML 1.0 allows: no other may be in a document, not even as a reference.
bool is_xml_text(const std::string& text) {
  if (to_valid_utf8(text) != text) return false;
  if (text.find("\xef\xbf\xbe") != std::string::npos || text.find("\xef\xbf\xbf") != std::string::npos) return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
}

TEST_F(Reports, D04_PrintsTextThatBreaksWhatQuotesItBadly) {
  const Ran control = uncaged("hostile", {});
  EXPECT_NE(control.out.find("</script><script>alert('HOSTILE')</script>]]>"), std::string::npos);
  EXPECT_NE(to_valid_utf8(control.out), control.out);

  EXPECT_EQ(test_suite({"forge", "results.xml", "0"}).code(), 0);
  const std::string harmless = text_of(folder() / "report.html");
  const Ran ran = test_suite({"hostile", "results.xml"});
  EXPECT_EQ(ran.code(), 1) << ran.everything();

  EXPECT_EQ(report().at("suites").size(), 1U);
  EXPECT_NE(report().dump(-1, ' ', true).find("HOSTILE"), std::string::npos) << "what it said is in the report";
  const std::string html = text_of(folder() / "report.html");
  for (const char* tag : {"<script", "</script", "<iframe", "<img", "onerror=", "javascript:"})
    EXPECT_EQ(count(html, tag), count(harmless, tag)) << tag << ": the page has none that it did not have before";
  EXPECT_EQ(count(html, "alert('HOSTILE')"), 0U);
  EXPECT_EQ(to_valid_utf8(html), html);

  const std::string junit = text_of(folder() / "junit.xml");
  EXPECT_TRUE(is_xml_text(junit)) << junit;
  EXPECT_NE(junit.find("HOSTILE"), std::string::npos);
  tinyxml2::XMLDocument document;
  EXPECT_EQ(document.Parse(junit.c_str(), junit.size()), tinyxml2::XML_SUCCESS) << document.ErrorStr();

  const std::string markdown = text_of(folder() / "summary.md");
  EXPECT_NE(markdown.find("`c > </script><script>alert('HOSTILE')`"), std::string::npos)
      << "in Markdown it is code: " << markdown;
  for (const std::string* text : {&html, &junit, &markdown, &ran.out, &ran.err})
    EXPECT_EQ(text->find('\x1b'), std::string::npos) << "an escape sequence for a terminal has come through";
}

TEST_F(Reports, D05_WritesThatAllHasPassedAndFails) {
  EXPECT_EQ(test_suite({"forge", "results.xml", "0"}).code(), 0) << "control: without a contradiction it is believed";
  EXPECT_EQ(report().at("suites").at(0).at("status"), "passed");
  for (const char* code : {"1", "3", "77"}) {
    const Ran ran = test_suite({"forge", "results.xml", code});
    EXPECT_EQ(ran.code(), 1) << ran.everything();
    EXPECT_NE(report().at("suites").at(0).at("status"), "passed");
    const auto codes = diagnostics();
    EXPECT_NE(std::find(codes.begin(), codes.end(), "unexplained-failure"), codes.end()) << ran.everything();
  }
}

TEST_F(Reports, D06_LeavesADaemonThatForgesResults) {
  const fs::path results = workspace() / "results.xml";
  const Ran control = uncaged("forge_later", {results});
  EXPECT_EQ(control.survivors.size(), 1U);
  EXPECT_NE(text_of(results).find("forged"), std::string::npos) << "control: it goes on when the main process is gone";
  for (int round = 0; round < 3; ++round) {
    const Ran ran = test_suite({"forge_later", "results.xml"});
    const std::string at_death = text_of(results);
    ASSERT_EQ(report().at("suites").at(0).at("tests").size(), 1U) << ran.everything();
    const std::string name = report()["suites"][0]["tests"][0]["test"]["name"];
    EXPECT_NE(at_death.find("name=\"" + name + "\""), std::string::npos)
        << "read was " << name << ", but the dead tree left " << at_death;
    const auto codes = diagnostics();
    EXPECT_NE(std::find(codes.begin(), codes.end(), "leftover-process"), codes.end());
  }
}

std::uint64_t high_water() {
  const std::string status = text_of("/proc/self/status");
  const std::size_t at = status.find("VmHWM:") + 6;
  return parse_u64(trim(status.substr(at, status.find("kB", at) - at))).value_or(0) * 1024;
}

void reset_high_water() {
  const UniqueFd file(open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(write(file.get(), "5", 1), 1);
}

struct Read {
  std::uint64_t peak = 0;
  steady_clock::duration time{};
  std::size_t name_bytes = 0;
};

// By the reader of such files, in pieces as they come from a disk.
Read read_results(const fs::path& path) {
  Read read;
  reset_high_water();
  const std::uint64_t before = high_water();
  const auto begin = steady_clock::now();
  {
    const auto reader = collectors::make_junit_reader({path.string(), {}, {}}, [&](const model::ResultEvent& event) {
      if (const auto* began = std::get_if<model::TestBegan>(&event))
        read.name_bytes = std::max(read.name_bytes, began->test.name.size());
    });
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<char> piece(1U << 16);
    for (ssize_t size = 0; (size = ::read(file.get(), piece.data(), piece.size())) > 0;)
      reader->feed(std::string_view(piece.data(), static_cast<std::size_t>(size)));
    reader->finish();
  }
  read.time = steady_clock::now() - begin;
  read.peak = high_water() - before;
  return read;
}

class Bombs : public Reports {
 protected:
  // Read by the reader alone, and by the program.
  std::vector<std::string> expect_bounded(const std::string& kind) {
    const fs::path file = workspace() / "results.xml";
    EXPECT_EQ(caged("bomb", {kind, file}).code(), 0);
    const Read read = read_results(file);
    EXPECT_LE(read.peak, kReaderBytes);
    EXPECT_LE(read.time, kReaderTime);
    EXPECT_LE(read.name_bytes, 64U << 10);
    const Ran ran = test_suite({"bomb", kind, "results.xml"});
    EXPECT_LE(std::stoul(ran.said("peak")) * 1024, kReaderBytes) << ran.everything();
    EXPECT_NE(ran.code(), 0) << "nothing of it is green: " << ran.everything();
    return diagnostics();
  }
};

TEST_F(Bombs, D07_EntitiesThatMakeABillionOfOne) {
  (void)expect_bounded("entities");
  const json read = report();
  EXPECT_EQ(read.at("suites").at(0).at("tests").at(0).at("test").at("name"), "&a9;") << "they stay what they are";
}

TEST_F(Bombs, D07_AttributeOfAHundredMegabytes) {
  const auto codes = expect_bounded("attribute");
  EXPECT_FALSE(codes.empty()) << "it says what it has not read";
}

TEST_F(Bombs, D07_ElementsAHundredThousandLevelsDeep) {
  const auto codes = expect_bounded("levels");
  EXPECT_NE(std::find(codes.begin(), codes.end(), "junit-too-deep"), codes.end());
}

}  // namespace
}  // namespace rh::escape
