// Commands that filter texts, and what else they can do.
#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/bash.h"
#include "runner/agent/validate/bash_arguments.h"
#include "runner/agent/validate/sed_script.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// "print > file" of awk; "$1 > 3" compares.
bool prints_to_file(std::string_view program) {
  for (std::size_t at = program.find("print"); at != std::string_view::npos; at = program.find("print", at + 1)) {
    const std::string_view statement = program.substr(at, program.find_first_of(";}\n", at) - at);
    const std::size_t sign = statement.find('>');
    if (sign == std::string_view::npos || statement.find('(') < sign) {
      // printf("...") > "file": behind the closing bracket.
      const std::size_t close = statement.rfind(')');
      if (close == std::string_view::npos || statement.find('>', close) == std::string_view::npos) continue;
    }
    if (statement.find("/dev/std") == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

// The script is the first operand, or what -e gives.
void BashAnalyzer::judge_sed(Node node, const Words& words) {
  if (has_flag(words, "i", "--in-place") && std::any_of(words.begin() + 1, words.end(), [](const Values& word) {
        const std::string& text = text_or_empty(word);
        return text.starts_with("--in-place") || (text.starts_with('-') && text.find('i') != std::string::npos);
      }))
    tell(node, RuleClass::file_write, "sed", "sed -i: rewrites files in place");
  bool given = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = text_or_empty(words[i]);
    const bool option = word.size() > 1 && word[0] == '-';
    const bool follows = option && word[1] != '-' && word.back() == 'e' && i + 1 < words.size();
    std::string_view script = word;
    if (follows)
      script = text_or_empty(words[++i]);
    else if (word.starts_with("--expression="))
      script.remove_prefix(13);
    else if (option || given)
      continue;
    given = true;
    const SedEffects effects = effects_of_sed(script);
    if (effects.runs) tell(node, RuleClass::system_command, "sed", "sed with e: runs what it makes");
    if (effects.writes) tell(node, RuleClass::file_write, "sed", "sed with w: writes files");
  }
}

bool BashAnalyzer::judge_filter(Node node, const std::string& name, const Words& words) {
  const auto any_contains = [&](std::initializer_list<std::string_view> parts) {
    return std::any_of(words.begin() + 1, words.end(), [&](const Values& word) {
      return std::any_of(parts.begin(), parts.end(),
                         [&](std::string_view part) { return text_or_empty(word).find(part) != std::string::npos; });
    });
  };
  if (name == "sed") {
    judge_sed(node, words);
    return true;
  }
  if (name == "awk" || name == "gawk" || name == "mawk" || name == "nawk") {
    if (any_contains({"system(", "| getline", "|getline", "| \"", "|\"", "|& \""}))
      tell(node, RuleClass::system_command, "awk", "awk with system() or a pipe: starts other programs");
    else if (std::any_of(words.begin() + 1, words.end(),
                         [](const Values& word) { return prints_to_file(text_or_empty(word)); }))
      tell(node, RuleClass::file_write, "awk", "awk that prints into a file");
    return true;
  }
  if (name == "tee") {
    for (std::size_t i = first_operand(words, 1); i < words.size(); ++i)
      if (!written_safely(words[i])) tell(node, RuleClass::file_write, "tee", "tee: writes to the file system");
    return true;
  }
  if (name == "sort" || name == "uniq" || name == "xxd") {
    const bool writes = (name == "sort" && has_flag(words, "o", "--output")) ||
                        (name != "sort" && words.size() - std::min(first_operand(words, 1), words.size()) > 1);
    if (writes) tell(node, RuleClass::file_write, name, fmt::format("{} with an output file", name));
    return true;
  }
  if (name == "gzip" || name == "bzip2" || name == "xz" || name == "zstd") {
    if (!has_flag(words, "clt", "--stdout") && !reads_pipe(node))
      tell(node, RuleClass::file_write, name, fmt::format("{}: {}", name, effect_of(RuleClass::file_write)));
    return true;
  }
  if (name == "dd") {
    if (any_contains({"of="}) && !any_contains({"of=/dev/null", "of=/dev/stdout"}))
      tell(node, RuleClass::file_write, "dd", "dd with an output file");
    return true;
  }
  if (name == "tar" || name == "bsdtar") {
    const std::string& mode = words.size() > 1 ? text_or_empty(words[1]) : text_or_empty(words[0]);
    const bool lists =
        mode.find('t') != std::string::npos && mode.find('x') == std::string::npos && !mode.starts_with("--");
    if (!lists) tell(node, RuleClass::file_write, "tar", "tar: packs or unpacks files");
    return true;
  }
  return false;
}

}  // namespace rh::agent
