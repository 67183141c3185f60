#include "runner/agent/jupyter/kernel_names.h"

#include <algorithm>

namespace rh::agent {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

bool speaks(const std::string& kernel_language, const std::string& wanted) {
  const std::string own = lower(kernel_language);
  if (wanted == "python") return own == "python" || own == "ipython" || own == "python3";
  if (wanted == "javascript") return own == "javascript" || own == "node" || own == "nodejs" || own == "js";
  if (wanted == "bash") return own == "bash" || own == "shell" || own == "sh";
  return own == wanted;
}

}  // namespace rh::agent
