// Lines against the patterns of the rules, and the texts of a rule with what was found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/help/error_rules.h"

namespace rh::agent {

// What the "{}" stood for; nullopt: the line does not look like that. A "{}" at the end takes the rest of the line.
[[nodiscard]] std::optional<std::vector<std::string>> match_pattern(std::string_view pattern, std::string_view line);

// {1}; {last:1}: its part behind the last ": "; {package}, {package:2}: the package of that import; {near}: ", did you
// mean ...?", where a name is near to {1}. Other braces stay.
[[nodiscard]] std::string fill_text(std::string_view text, const std::vector<std::string>& found,
                                    std::optional<Language> language, const std::vector<std::string>& known_names);

struct FoundRule {
  const ErrorRule* rule = nullptr;
  std::vector<std::string> found;
  std::size_t line = 0;  // of the text, from 0
};

// Python's last error says why it ended; compilers' first error is the one to mend first.
[[nodiscard]] std::vector<FoundRule> matching_rules(std::span<const ErrorRule> rules,
                                                    const std::vector<std::string_view>& lines, bool from_end);

// By how the text looks; nullopt: it could be any.
[[nodiscard]] std::optional<Language> guess_language(const std::vector<std::string_view>& lines);

}  // namespace rh::agent
