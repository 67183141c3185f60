// Snippets that show a language at work: small, complete, of the standard library only, and each ends with exit code 0.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/language.h"
#include "runner/agent/tool.h"

namespace rh::agent {

struct DemoRow {
  Language language;
  std::string_view topic, title, code;
};

// Every language has every topic.
[[nodiscard]] const std::vector<DemoRow>& demo_rows();
[[nodiscard]] std::vector<std::string> demo_topics();
// The row whose topic or words of its title are meant by `topic` ("mean and median"); nullptr: none is.
[[nodiscard]] const DemoRow* find_demo(Language language, std::string_view topic);

[[nodiscard]] std::vector<ToolRow> demo_tools();

}  // namespace rh::agent
