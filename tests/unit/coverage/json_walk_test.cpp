#include "collectors/coverage/json_walk.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace rh::collectors {
namespace {

constexpr JsonStep kSteps[] = {{kJsonRoot, "files", 1}, {1, kElement, 2}, {2, "n", 3}, {2, kAnyMember, 4}};

// Everything that was told, as one line.
class Recorder final : public JsonHandler {
 public:
  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    told += fmt::format("{}{}{} ", key, is_array ? '[' : '{', place);
  }
  void leave(JsonPlace place) override { told += fmt::format("{}) ", place); }
  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    told += fmt::format("{}{}=", key, place);
    if (const auto text = value.as_text()) told += *text;
    if (const auto number = value.as_integer()) told += std::to_string(*number);
    if (value.kind == JsonScalar::Kind::real) told += fmt::format("r{}", value.real);
    if (value.kind == JsonScalar::Kind::null) told += "null";
    told += ' ';
  }
  std::string told;
};

std::string told(std::string_view text) {
  Recorder recorder;
  const JsonEnd end = walk_json(text, kSteps, recorder);
  return recorder.told + (end.complete ? "." : end.error);
}

TEST(JsonWalk, TellsWhatTheTableWantsAndPassesOverTheRest) {
  EXPECT_EQ(told(R"({"x":{"files":[1]},"files":[{"n":-3,"o":null},{"n":1.5}],"y":[[{}]]})"),
            "{0 files[1 {2 n3=-3 o4=null 2) {2 n3=r1.5 2) 1) 0) .");
}

TEST(JsonWalk, TellsWhatPrecedesADamage) {
  EXPECT_EQ(told(R"({"files":[{"n":7,"o":"ab)"), "{0 files[1 {2 n3=7 incomplete JSON");
  EXPECT_EQ(told(R"({"files":[{"n":7]})"), "{0 files[1 {2 n3=7 syntax error");
  EXPECT_EQ(told(""), "the document is empty");
}

TEST(JsonWalk, StringsWithEscapesAndForeignBytesAreWhole) {
  EXPECT_EQ(told(R"({"files":[{"\u006e":"a\\b\u00e4\ud83d\ude00c"}]})"),
            "{0 files[1 {2 n3=a\\b\xC3\xA4\xF0\x9F\x98\x80"
            "c 2) 1) 0) .");
  EXPECT_EQ(told("{\"files\":[{\"n\":\"\xE4\"}]}"), "{0 files[1 {2 n3=\xE4 2) 1) 0) .");
}

TEST(JsonWalk, DocumentsInARowAreAllRead) {
  EXPECT_EQ(told("{\"files\":[]}\n{\"files\":[{}]}\n"), "{0 files[1 1) 0) {0 files[1 {2 2) 1) 0) .");
  EXPECT_EQ(told("{} x"), "{0 0) syntax error");
}

TEST(JsonWalk, DepthIsBounded) {
  EXPECT_EQ(told(std::string(100'000, '[')), "[0 too deep");
  EXPECT_EQ(told(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')), "[0 0) .");
}

TEST(JsonWalk, PositionsAreLinesAndColumns) {
  EXPECT_EQ(json_position("ab\ncd", 4), "line 2, column 2");
  EXPECT_EQ(json_position("ab", 0), "line 1, column 1");
}

}  // namespace
}  // namespace rh::collectors
