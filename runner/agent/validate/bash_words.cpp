// What words of a shell script expand to, as far as the text shows it.
#include <algorithm>

#include "runner/agent/validate/bash.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

// r\m -> rm
std::string without_backslashes(std::string_view word) {
  std::string plain;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\' && i + 1 < word.size()) {
      if (word[++i] != '\n') plain += word[i];
    } else {
      plain += word[i];
    }
  }
  return plain;
}

// Inside of double quotes a backslash is one, but for these.
std::string without_quoted_backslashes(std::string_view word) {
  std::string plain;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\' && i + 1 < word.size() &&
        std::string_view("$`\"\\\n").find(word[i + 1]) != std::string_view::npos)
      ++i;
    plain += word[i];
  }
  return plain;
}

}  // namespace

Values BashAnalyzer::evaluate_variable(Node name_node) {
  const std::string_view name = text(name_node);
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '9') {
    for (auto at = scopes().rbegin(); at != scopes().rend(); ++at) {
      if (!(*at)->function) continue;
      const Function& known = function((*at)->node);
      const auto place = static_cast<std::size_t>(name[0] - '1');
      return place < known.arguments.size() && !known.arguments[place].items.empty() ? known.arguments[place]
                                                                                     : unknown_value();
    }
    return unknown_value();
  }
  if (const Values* bound = lookup(name)) return *bound;
  return unknown_value();
}

// printf FORMAT WORDS: the format is used again while words are left.
Values BashAnalyzer::printed(const Words& words) {
  const std::string* format = words.size() > 1 ? words[1].only_text() : nullptr;
  if (format == nullptr) return unknown_value();
  const std::string form = unescaped(*format);
  Values all = text_value({});
  std::size_t next = 2;
  do {
    const std::size_t before = next;
    for (std::size_t at = 0; at < form.size();) {
      const std::size_t percent = std::min(form.find('%', at), form.size());
      all = concatenated(all, text_value(form.substr(at, percent - at)));
      at = percent + 2;
      if (percent + 1 >= form.size()) break;
      const char letter = form[percent + 1];
      if (letter == '%')
        all = concatenated(all, text_value("%"));
      else if (std::string_view("sbqdc").find(letter) == std::string_view::npos)
        return unknown_value();
      else if (next < words.size())
        all = concatenated(all, words[next++]);
    }
    if (next == before) break;
  } while (next < words.size() && next < kMaxElements);
  return all;
}

// $(echo rm), $(printf '%s' rm), $(echo cm0K | base64 -d), `echo mr | rev`
Values BashAnalyzer::output_of(Node command) {
  if (kind_of(command) == kind("pipeline")) {
    Values flow = unknown_value();
    bool first = true;
    for (const Node part : tree_.children(command)) {
      if (first) {
        flow = output_of(part);
        first = false;
        continue;
      }
      const Words words = words_of(part);
      const std::string* name = words.empty() ? nullptr : words.front().only_text();
      const std::string* flag = words.size() > 1 ? words[1].only_text() : nullptr;
      const std::string* in = flow.only_text();
      std::string plain;
      if (name == nullptr || in == nullptr) return unknown_value();
      if (*name == "rev")
        flow = text_value(reversed(*in));
      else if (*name == "base64" && flag != nullptr && (flag->starts_with("-d") || *flag == "--decode") &&
               decode_base64(*in, plain))
        flow = text_value(std::string(trim(plain)));
      else if (*name == "xxd" && decode_hex(*in, plain))
        flow = text_value(plain);
      else
        return unknown_value();
    }
    return flow;
  }
  if (kind_of(command) != kind("command")) return unknown_value();
  const Words words = words_of(command);
  if (words.empty() || words.front().only_text() == nullptr) return unknown_value();
  const std::string name = *words.front().only_text();
  if (name == "printf") return printed(words);
  if (name != "echo") return unknown_value();
  Values all = text_value({});
  bool first = true, escapes = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string* word = words[i].only_text();
    if (word != nullptr && word->starts_with('-')) {
      escapes = escapes || word->find('e') != std::string::npos;
      continue;
    }
    if (!first) all = concatenated(all, text_value(" "));
    all = concatenated(all, word != nullptr && escapes ? text_value(unescaped(*word)) : words[i]);
    first = false;
  }
  return all;
}

Values BashAnalyzer::evaluate_substitution(Node node) {
  const auto parts = tree_.children(node);
  return parts.size() == 1 ? output_of(parts.front()) : unknown_value();
}

Values BashAnalyzer::evaluate(Node node) {
  const Deeper deeper(evaluation_);
  if (node == kNoNode || gives_up()) return unknown_value();
  switch (kind_of(node)) {
    case kind("word"):
    case kind("number"):
    case kind("regex"):
    case kind("extglob_pattern"):
      return text_value(without_backslashes(text(node)));
    case kind("raw_string"): {
      const std::string_view quoted = text(node);
      return text_value(std::string(quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2)));
    }
    case kind("ansi_c_string"): {
      const std::string_view quoted = text(node);
      return text_value(unescaped(quoted.size() < 3 ? quoted : quoted.substr(2, quoted.size() - 3)));
    }
    case kind("string"):
    case kind("translated_string"): {
      Values all = text_value({});
      for (const Node part : tree_.children(node))
        all = concatenated(all, kind_of(part) == kind("string_content")
                                    ? text_value(without_quoted_backslashes(text(part)))
                                    : evaluate(part));
      return all;
    }
    case kind("concatenation"):
    case kind("command_name"): {
      const auto parts = tree_.children(node);
      if (parts.size() == 1) return evaluate(parts.front());
      Values all = text_value({});
      for (const Node part : parts) {
        const bool nothing = text(part) == "$@" || text(part) == "$*";  // r$@m
        all = concatenated(all, nothing ? text_value({}) : evaluate(part));
      }
      return all;
    }
    case kind("simple_expansion"):
      return evaluate_variable(tree_.first_child(node));
    case kind("expansion"): {
      const Node inner = tree_.first_child(node);
      if (kind_of(inner) == kind("subscript")) {
        const Values list = evaluate_variable(child(inner, field("name")));
        std::int64_t place = 0;
        if (list.only() == nullptr || list.only()->kind != Value::Kind::list ||
            !read_number(text(child(inner, field("index"))), place))
          return list;
        const auto& elements = *list.only()->elements;
        return place >= 0 && static_cast<std::size_t>(place) < elements.size()
                   ? elements[static_cast<std::size_t>(place)].second
                   : unknown_value();
      }
      // ${x}, nothing more
      if (text(node).size() == text(inner).size() + 3) return evaluate_variable(inner);
      return unknown_value();
    }
    case kind("command_substitution"):
      return evaluate_substitution(node);
    default:
      return unknown_value();
  }
}

// Unquoted expansions fall apart at blanks; arrays give their elements.
void BashAnalyzer::expand_word(Node node, Words& words) {
  Values value = evaluate(node);
  Node bare = node;
  while (kind_of(bare) == kind("command_name") && tree_.children(bare).size() == 1) bare = tree_.first_child(bare);
  const bool splits = kind_of(bare) == kind("simple_expansion") || kind_of(bare) == kind("expansion") ||
                      kind_of(bare) == kind("command_substitution");
  if (kind_of(bare) == kind("string") && tree_.children(bare).size() == 1 &&
      kind_of(tree_.first_child(bare)) == kind("expansion"))
    value = evaluate(tree_.first_child(bare));
  if (const Value* list = value.only(); list != nullptr && list->kind == Value::Kind::list) {
    for (const auto& [name, element] : *list->elements) words.push_back(element);
    return;
  }
  const std::string* word = value.only_text();
  if (word == nullptr || !splits || word->find_first_of(" \t\n") == std::string::npos) {
    words.push_back(std::move(value));
    return;
  }
  std::string_view rest = *word;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \t\n"), rest.size());
    if (end > 0) words.push_back(text_value(std::string(rest.substr(0, end))));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

BashAnalyzer::Words BashAnalyzer::words_of(Node command) {
  Words words;
  for (const Node part : Children(tree_, command)) {
    const auto role = tree_.field(part);
    if (role == field("name") || role == field("argument")) expand_word(part, words);
  }
  return words;
}

std::string BashAnalyzer::here_document(Node command) const {
  const Node statement = tree_.parent(command);
  for (const Node part : Children(tree_, statement)) {
    if (kind_of(part) == kind("heredoc_redirect"))
      return std::string(text(tree_.child_of_kind(part, kind("heredoc_body"))));
  }
  return {};
}

}  // namespace rh::agent
