// docs/gates.md has every rule kind with its fields, as the table of the program has them.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gate/rule.h"

namespace rh::engine {
namespace {

std::string scope_words(ScopeUse scope) {
  switch (scope) {
    case ScopeUse::run:
      return "";
    case ScopeUse::suites:
      return "suites";
    case ScopeUse::files:
      return "files";
    case ScopeUse::files_and_suites:
      return "files, suites";
  }
  return "";
}

std::string field_words(const RuleField& field) {
  std::string text = field.required ? fmt::format("**`{}`**", field.name) : fmt::format("`{}`", field.name);
  if (!field.fallback.empty()) text += fmt::format(" = {}", field.fallback);
  if (!field.choices.empty())
    text += fmt::format(" ({})", join(
                                     [&] {
                                       std::vector<std::string> all;
                                       for (const auto word : split(field.choices, '|')) all.emplace_back(word);
                                       return all;
                                     }(),
                                     ", "));
  return text;
}

std::string expected_table() {
  std::string table = "| kind | what it judges | fields | scope | no data |\n|---|---|---|---|---|\n";
  for (const RuleKind& kind : rule_kinds()) {
    std::vector<std::string> fields;
    for (const RuleField& field : kind.fields) fields.push_back(field_words(field));
    const std::string_view policy = kind.no_data == NoDataPolicy::fail   ? "fail"
                                    : kind.no_data == NoDataPolicy::warn ? "warn"
                                                                         : "pass";
    table += fmt::format("| `{}` | {} | {} | {} | {} |\n", kind.name, kind.help, join(fields, "; "),
                         scope_words(kind.scope), policy);
  }
  return table;
}

TEST(GateDocuments, HaveTheTableOfKinds) {
  const auto page = read_file(RUNHARNESS_SOURCE_DIR "/docs/gates.md");
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_NE(page->find(expected_table()), std::string::npos) << "docs/gates.md should have:\n" << expected_table();
}

}  // namespace
}  // namespace rh::engine
