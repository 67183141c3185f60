// Prompts, each of a system and a user part. A file of the same name in generation.templates replaces a built-in one.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::agent {

constexpr std::size_t kMaxTemplateBytes = 256U << 10;

struct Prompt {
  std::string name;          // "generate", "repair", "tests", "chart"
  std::string system, user;  // {instruction} and the like stand for values
  std::string origin;        // "built-in", or the file
};

// NAME.txt in `folder`: a line "[system]" and one "[user]", each before its part.
[[nodiscard]] Result<Prompt> prompt_named(std::string_view name, const std::filesystem::path& folder);
[[nodiscard]] std::vector<std::string> prompt_names();
// {name} by its value; a section with an empty value keeps nothing of its line. What is no known name stays.
[[nodiscard]] std::string filled(const std::string& text, const std::map<std::string, std::string>& values);
[[nodiscard]] std::string template_text(const Prompt& prompt);

}  // namespace rh::agent
