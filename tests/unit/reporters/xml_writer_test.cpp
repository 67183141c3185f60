// tinyxml2's printer is the oracle: the same calls must give the same bytes.
#include "reporters/xml_writer.h"

#include <gtest/gtest.h>
#include <tinyxml2.h>

#include <random>

namespace rh::reporters {
namespace {

// Both writers, called alike.
class Pair {
 public:
  Pair() { theirs_.PushHeader(false, true); }
  void open(const char* element) {  // which tinyxml2 keeps as it is
    ours_.open(element);
    theirs_.OpenElement(element);
  }
  void attribute(const std::string& name, const std::string& value) {
    ours_.attribute(name, value);
    theirs_.PushAttribute(name.c_str(), value.c_str());
  }
  void text(const std::string& value) {
    ours_.text(value);
    theirs_.PushText(value.c_str());
  }
  void close() {
    ours_.close();
    theirs_.CloseElement();
  }
  std::string ours() { return ours_.take(); }
  [[nodiscard]] std::string theirs() const { return theirs_.CStr(); }

 private:
  XmlWriter ours_;
  tinyxml2::XMLPrinter theirs_;
};

TEST(XmlWriter, EscapesWhatXmlReserves) {
  XmlWriter xml;
  xml.open("a");
  xml.attribute("b", "<&>\"'");
  xml.text("<&>\"'");
  xml.close();
  EXPECT_EQ(xml.take(), "<?xml version=\"1.0\"?>\n<a b=\"&lt;&amp;&gt;&quot;&apos;\">&lt;&amp;&gt;\"'</a>\n");
}

TEST(XmlWriter, AddsNoBlanksInsideTextContent) {
  XmlWriter xml;
  xml.open("a");
  xml.text("one");
  xml.open("b");
  xml.close();
  xml.text("two");
  xml.close();
  EXPECT_EQ(xml.take(), "<?xml version=\"1.0\"?>\n<a>one<b/>two</a>\n");
}

TEST(XmlWriter, WritesWhatTinyxml2Writes) {
  const std::string pieces[] = {
      "plain", "<", "&amp;", "\"quoted\"", "it's", "line\nbreak\ttab", "\u00e4\u4e2d\U0001F600", "]]>", " "};
  const char* const names[] = {"a", "testcase", "system-out"};
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t count) { return random() % count; };
    Pair pair;
    pair.open("root");
    int depth = 1;
    bool in_tag = true;
    for (int step = 0; step < 60; ++step) {
      switch (pick(4)) {
        case 0:
          pair.open(names[pick(std::size(names))]);
          ++depth;
          in_tag = true;
          break;
        case 1:
          if (in_tag) pair.attribute("a" + std::to_string(step), pieces[pick(std::size(pieces))]);
          break;
        case 2:
          pair.text(pieces[pick(std::size(pieces))]);
          in_tag = false;
          break;
        default:
          if (depth == 1) break;
          pair.close();
          --depth;
          in_tag = false;
      }
    }
    for (; depth > 0; --depth) pair.close();
    const std::string ours = pair.ours();
    ASSERT_EQ(ours, pair.theirs()) << "seed " << seed;
    tinyxml2::XMLDocument document;
    ASSERT_EQ(document.Parse(ours.c_str(), ours.size()), tinyxml2::XML_SUCCESS) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rh::reporters
