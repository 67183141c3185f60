#include "tests/unit/reporters/schema_check.h"

#include <gmock/gmock.h>

namespace rh::test {
namespace {

using nlohmann::json;
using testing::IsEmpty;
using testing::SizeIs;

const json kSchema = json::parse(R"({
  "type": "object", "required": ["a"], "additionalProperties": false,
  "properties": {"a": {"$ref": "#/$defs/row"}, "b": {"anyOf": [{"const": 1}, {"type": ["null", "string"]}]}},
  "$defs": {"row": {"type": "array", "prefixItems": [{"type": "integer", "minimum": 0}, {"enum": ["x", "y"]}],
                    "items": false, "minItems": 2}}})");

TEST(SchemaCheck, AcceptsWhatFits) {
  EXPECT_THAT(problems_of(json::parse(R"({"a": [3, "y"], "b": null})"), kSchema), IsEmpty());
}

TEST(SchemaCheck, NamesEveryBreach) {
  EXPECT_THAT(problems_of(json::parse(R"({"b": 2, "c": 0})"), kSchema), SizeIs(3));
  EXPECT_THAT(problems_of(json::parse(R"({"a": [-1, "z", 0]})"), kSchema), SizeIs(3));
  EXPECT_THAT(problems_of(json::parse(R"({"a": [1]})"), kSchema), SizeIs(1));
  EXPECT_THAT(problems_of(json::parse("[]"), kSchema), SizeIs(1));
}

TEST(SchemaCheck, RefusesKeywordsItDoesNotKnow) {
  EXPECT_THAT(problems_of(1, json::parse(R"({"multipleOf": 2})")), SizeIs(1));
}

}  // namespace
}  // namespace rh::test
