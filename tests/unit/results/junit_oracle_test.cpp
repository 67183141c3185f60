// The reader against tinyxml2 on reports that both can read.
#include <random>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <tinyxml2.h>

#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

struct Case {
  std::string name, classname, message;
  bool failed = false;
  bool operator==(const Case&) const = default;
};

void collect(const tinyxml2::XMLElement* element, std::vector<Case>& into) {
  for (; element; element = element->NextSiblingElement()) {
    if (std::string_view(element->Name()) != "testcase") {
      collect(element->FirstChildElement(), into);
      continue;
    }
    Case found;
    found.name = element->Attribute("name");
    found.classname = element->Attribute("classname");
    if (const auto* failure = element->FirstChildElement("failure")) {
      found.failed = true;
      found.message = failure->GetText() ? failure->GetText() : "";
    }
    into.push_back(found);
  }
}

std::vector<Case> by_tinyxml2(const std::string& text) {
  tinyxml2::XMLDocument document;
  EXPECT_EQ(document.Parse(text.data(), text.size()), tinyxml2::XML_SUCCESS) << text;
  std::vector<Case> cases;
  collect(document.FirstChildElement(), cases);
  return cases;
}

std::vector<Case> by_reader(const std::string& text) {
  std::vector<Case> cases;
  for (const model::ResultEvent& event : transcribe(make_junit_reader, text).events)
    if (const auto* ended = std::get_if<model::TestEnded>(&event))
      cases.push_back({ended->test.name, ended->test.classname, ended->attempt.details,
                       ended->attempt.outcome == model::Outcome::failed});
  return cases;
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string report() {
    std::string text = pick({"", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\xEF\xBB\xBF<?xml version='1.0'?>"});
    return text + pick({"", "<!-- c -->", "<!DOCTYPE a SYSTEM \"b\">"}) + "<testsuites>" + suites(0) + "</testsuites>" +
           pick({"", "\n", "<!-- e -->"});
  }

 private:
  std::string pick(std::initializer_list<const char*> choices) { return choices.begin()[random_() % choices.size()]; }

  std::string words(bool attribute) {
    std::string text;
    for (unsigned count = 1 + random_() % 4; count > 0; --count)
      text += pick({"test", "x[1]", " a", "&lt;", "&amp;", "&#233;", "&#x1F600;", "\xC3\xA9", "/b",
                    attribute ? "&quot;" : "\"", ">", "'s", "::c", "."});
    return "w" + text + "w";
  }

  std::string one_case() {
    const std::string quoted = words(true);
    std::string text = fmt::format("<testcase{}name=\"{}\"{}classname = \"{}\" time=\"0.5\"", pick({" ", "\n  "}),
                                   quoted, pick({" ", "\t"}), words(true));
    switch (random_() % 4) {
      case 0:
        return text + "/>";
      case 1:
        return text + "></testcase >";
      case 2:
        return text + "><system-out>" + words(false) + "</system-out></testcase>";
      default:
        return text + "><failure message=\"m\" type='t'>" + words(false) + "</failure></testcase>";
    }
  }

  std::string suites(int depth) {
    std::string text;
    for (unsigned count = random_() % 4; count > 0; --count) {
      text += pick({"", "\n", "<!-- x -->", "<properties/>"});
      if (depth < 5 && random_() % 3 == 0)
        text += "<testsuite name=\"s\">" + suites(depth + 1) + "</testsuite>";
      else
        text += one_case();
    }
    return text;
  }

  std::mt19937 random_;
};

TEST(JunitOracle, AgreesWithTinyxml2) {
  std::size_t cases = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const std::string text = Generator(seed).report();
    const std::vector<Case> expected = by_tinyxml2(text);
    cases += expected.size();
    const std::vector<Case> found = by_reader(text);
    ASSERT_EQ(found.size(), expected.size()) << text;
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_TRUE(found[i] == expected[i])
          << "seed " << seed << ": " << found[i].name << " / " << expected[i].name << "\n"
          << text;
  }
  EXPECT_GT(cases, 500U) << "the generator makes something to compare";
}

}  // namespace
}  // namespace rh::collectors
