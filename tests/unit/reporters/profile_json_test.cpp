#include "reporters/profile/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "profiles/analysis/diff.h"
#include "profiles/analysis/summary.h"
#include "runner/base/file.h"
#include "tests/golden/profile_fixture.h"
#include "tests/unit/reporters/schema_check.h"

namespace rh::reporters {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

json schema(const std::string& name) {
  const auto text = read_file(std::string(RUNHARNESS_SOURCE_DIR) + "/docs/formats/" + name);
  return json::parse(text.value());
}

std::string written(const model::Profile& profile) { return profile_to_json(profile, profiles::summarize(profile)); }

TEST(ProfileJson, IsAsItsSchemaSays) {
  for (const model::Profile& profile : {golden::make_profile(), golden::make_empty_profile(), model::Profile{}})
    EXPECT_THAT(test::problems_of(json::parse(written(profile)), schema("profile.schema.json")), IsEmpty());
}

TEST(ProfileJson, ADiffIsAsItsSchemaSays) {
  auto diff = profiles::diff_profiles(golden::make_profile(), golden::make_changed_profile(), model::ProfileClock::cpu);
  ASSERT_TRUE(profiles::judge_diff(diff, {profiles::parse_diff_rule("Tokenizer.next>5%").value()}));
  const json document = json::parse(profile_diff_to_json(diff));
  EXPECT_THAT(test::problems_of(document, schema("profile-diff.schema.json")), IsEmpty());
  EXPECT_EQ(document["failed"], true);
}

TEST(ProfileJson, ReadBackItIsTheSame) {
  for (const model::Profile& profile : {golden::make_profile(), golden::make_empty_profile()}) {
    const std::string text = written(profile);
    const auto read = parse_json_profile(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(written(*read), text);
  }
}

TEST(ProfileJson, MembersThatScriptsRelyOn) {
  const json document = json::parse(written(golden::make_profile()));
  EXPECT_EQ(document["memory"]["peak_bytes"], 73'400'320);
  EXPECT_EQ(document["exit"]["exit_code"], 0);
  EXPECT_EQ(document["functions"][0]["name"], "Worker.run");
  const json& self = document["functions"][0]["cpu"]["self"];
  EXPECT_LE(self["low"].get<double>(), self["share"].get<double>());
  EXPECT_GE(self["high"].get<double>(), self["share"].get<double>());
  const json& quality = document["quality"];
  EXPECT_EQ(quality["expected"].get<int>(), quality["taken"].get<int>() + quality["rejected"].get<int>() +
                                                quality["idle"].get<int>() + quality["late"].get<int>());
  const json empty = json::parse(written(golden::make_empty_profile()));
  EXPECT_TRUE(empty["memory"]["peak_bytes"].is_null());
  EXPECT_EQ(empty["memory"]["peak_reason"], "it ended before the first reading");
}

TEST(ProfileJson, OtherDocumentsAreRefused) {
  for (const char* text : {"", "[]", "{}", "{\"schema\": 3}", "{\"schema\": \"runharness.profile\"", "nonsense",
                           "{\"schema\": \"runharness.report\", \"schema_version\": 1}"})
    EXPECT_FALSE(parse_json_profile(text)) << text;
  json document = json::parse(written(golden::make_profile()));
  document["schema_version"] = kProfileSchemaVersion + 1;
  EXPECT_EQ(parse_json_profile(document.dump()).error().kind, ErrorKind::unsupported);
}

// Each index of the document out of its range, one at a time.
TEST(ProfileJson, IndicesOutOfRangeAreErrorsWithTheirPlace) {
  const json good = json::parse(written(golden::make_profile()));
  const std::pair<const char*, json> wrong[] = {{"/stacks/parent/1", 1},    {"/stacks/parent/1", -2},
                                                {"/stacks/frame/0", 999},   {"/samples/stack/5", 999'999},
                                                {"/samples/thread/5", 3},   {"/threads/0/process", 3},
                                                {"/processes/1/parent", 3}, {"/frames/kind/0", "perl"},
                                                {"/clock", "sun"},          {"/memory/peak_stacks/0/stack", 999},
                                                {"/spans/0/process", 9},    {"/samples/cpu_ns/0", -1}};
  for (const auto& [place, value] : wrong) {
    json document = good;
    document[json::json_pointer(place)] = value;
    const auto read = parse_json_profile(document.dump());
    ASSERT_FALSE(read) << place;
    const std::string table = std::string(place).substr(1, std::string(place).find('/', 1) - 1);
    EXPECT_THAT(read.error().message(), HasSubstr(table)) << place;
  }
  for (const char* column : {"/samples/cpu_ns", "/stacks/line", "/frames/module", "/timeline/threads"}) {
    json document = good;
    document[json::json_pointer(column)].erase(0);
    EXPECT_FALSE(parse_json_profile(document.dump())) << column;
  }
}

}  // namespace
}  // namespace rh::reporters
