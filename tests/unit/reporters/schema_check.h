// Checks a document against the part of JSON schema that our schemas use: $ref, anyOf, const, enum, type,
// required, properties, additionalProperties, items, prefixItems, minItems, maxItems, minimum, maximum. Any other
// keyword is a problem of its own, so that nothing in a schema goes unchecked.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace rh::test {

// One line per problem, with its place; empty when the document is valid.
[[nodiscard]] std::vector<std::string> problems_of(const nlohmann::json& document, const nlohmann::json& schema);

}  // namespace rh::test
