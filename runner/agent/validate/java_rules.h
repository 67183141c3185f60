// The names that Java code is judged by.
#pragma once

#include <string>

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& java_rules();
// "Files" -> "java.nio.file.Files", for the classes that the rules name; empty: none of them.
[[nodiscard]] std::string full_java_name(std::string_view class_name);

}  // namespace rh::agent
