#include "runner/agent/project/coverage_gaps.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr std::uint64_t kMaxSource = 4ULL << 20;
constexpr std::size_t kLineBytes = 160;
constexpr std::size_t kMaxRanges = 100;  // of a file, in a record

std::string shown(std::string_view line) {
  const std::string_view text = trim(line);
  return text.size() <= kLineBytes ? to_valid_utf8(text) : to_valid_utf8(text.substr(0, kLineBytes)) + "…";
}

bool starts_with_any(std::string_view line, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return line.starts_with(word); });
}

std::size_t indent_of(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? line.size() : first;
}

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string name_behind(std::string_view line, std::string_view word) {
  std::string_view rest = trim(line.substr(word.size()));
  if (rest.starts_with('(')) {  // a Go receiver
    const std::size_t close = rest.find(')');
    if (close == std::string_view::npos) return {};
    rest = trim(rest.substr(close + 1));
  }
  std::size_t end = 0;
  while (end < rest.size() && is_name(rest[end])) ++end;
  return std::string(rest.substr(0, end));
}

// "static int parse(String text) throws X {" -> "parse"; empty where the line is no such head.
std::string name_before_parenthesis(std::string_view line) {
  const std::size_t open = line.find('(');
  if (open == std::string_view::npos || !trim(line).ends_with('{') || line.find('=') < open) return {};
  std::size_t begin = open;
  while (begin > 0 && is_name(line[begin - 1])) --begin;
  std::string name(line.substr(begin, open - begin));
  return is_one_of(name, {"if", "for", "while", "switch", "catch", "return", "match", ""}) ? std::string() : name;
}

std::string function_of_line(std::string_view line) {
  std::string_view text = trim(line);
  for (const std::string_view word : {"export ", "default ", "pub(crate) ", "pub ", "async ", "unsafe ", "const fn"})
    if (word != "const fn" && text.starts_with(word)) text = trim(text.substr(word.size()));
  for (const std::string_view word : {"def ", "func ", "fn ", "function ", "const fn "})
    if (text.starts_with(word)) return name_behind(text, word);
  if (starts_with_any(text, {"const ", "let ", "var "}) && text.find("=>") != std::string_view::npos)
    return name_behind(text, text.substr(0, text.find(' ') + 1));
  return name_before_parenthesis(text);
}

bool is_condition(std::string_view line) {
  std::string_view text = trim(line);
  while (text.starts_with('}')) text = trim(text.substr(1));
  return starts_with_any(
             text, {"if ", "if(", "elif ", "else", "for ", "for(", "while ", "while(", "case ", "default:", "except",
                    "catch", "switch ", "match ", "finally", "try", "with ", "loop", "unless "}) ||
         text.ends_with("=> {") || text.ends_with("=>");
}

std::string condition_text(std::string_view line) {
  std::string_view text = trim(line);
  while (text.starts_with('}')) text = trim(text.substr(1));
  while (!text.empty() && (text.back() == '{' || text.back() == ':')) text = trim(text.substr(0, text.size() - 1));
  return shown(text);
}

std::string behind(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  return at == std::string_view::npos ? std::string() : name_behind(text.substr(at), word);
}

// What a test would look for, from the first untested line.
std::string expectation_of(std::string_view line) {
  const std::string_view text = trim(line);
  if (text.starts_with("raise ")) return fmt::format("expect that {} is raised", behind(text, "raise "));
  if (text.find("throw new ") != std::string_view::npos)
    return fmt::format("expect that {} is thrown", behind(text, "throw new "));
  if (text.starts_with("throw ")) return "expect that it throws";
  if (text.find("panic(") != std::string_view::npos || text.find("panic!") != std::string_view::npos)
    return "expect the panic";
  if (text.find("return Err(") != std::string_view::npos || text.find("return nil, ") != std::string_view::npos ||
      text.find("return err") != std::string_view::npos)
    return "expect the error";
  if (text.starts_with("return")) return fmt::format("check that it gives `{}`", shown(text.substr(6)));
  if (starts_with_any(text, {"continue", "break", "pass"})) return "check what is left out";
  return "check what it changes or returns";
}

std::string suggestion_of(const UntestedPath& path) {
  const std::string subject = path.function.empty() ? "the module" : "`" + path.function + "`";
  const std::string_view condition = path.condition;
  std::string how;
  if (condition.empty())
    how = path.function.empty() ? "load it in a test" : fmt::format("call {}, which no test does", subject);
  else if (starts_with_any(condition, {"except", "catch"}))
    how = fmt::format("make what {} calls fail, so that `{}` is reached", subject, condition);
  else if (starts_with_any(condition, {"for", "while", "loop"}))
    how = fmt::format("give {} at least one element or round for `{}`", subject, condition);
  else if (starts_with_any(condition, {"else", "default"}))
    how = fmt::format("give {} an input for which no earlier condition holds (`{}`)", subject, condition);
  else
    how = fmt::format("call {} so that `{}` holds", subject, condition);
  return how + ", and " + expectation_of(path.first_line);
}

// Text of a file by line number, from 1.
class Lines {
 public:
  explicit Lines(std::string_view source) : lines_(split_lines(source)) {}
  [[nodiscard]] std::string_view at(std::uint32_t line) const {
    return line >= 1 && line <= lines_.size() ? lines_[line - 1] : std::string_view();
  }

  // The nearest head of a function that stands further left than the line, or the line itself.
  [[nodiscard]] std::string function_at(std::uint32_t line) const {
    if (const std::string own = function_of_line(at(line)); !own.empty()) return own;
    std::size_t indent = indent_of(at(line));
    for (std::uint32_t above = line - 1; above >= 1 && line - above < kMaxLook; --above) {
      const std::string_view text = at(above);
      if (trim(text).empty() || indent_of(text) >= indent) continue;
      if (const std::string name = function_of_line(text); !name.empty()) return name;
      indent = indent_of(text);
      if (indent == 0) break;
    }
    return {};
  }

  // The line that opens the block which begins here; empty where that is the function itself.
  [[nodiscard]] std::string condition_at(std::uint32_t line) const {
    const std::size_t indent = indent_of(at(line));
    if (is_condition(at(line)) &&
        starts_with_any(trim(at(line)), {"except", "elif", "else", "case ", "} else", "} catch"}))
      return condition_text(at(line));
    for (std::uint32_t above = line - 1; above >= 1 && line - above < kMaxLook; --above) {
      const std::string_view text = at(above);
      if (trim(text).empty() || indent_of(text) >= indent) continue;
      return is_condition(text) && function_of_line(text).empty() ? condition_text(text) : std::string();
    }
    return {};
  }

 private:
  static constexpr std::uint32_t kMaxLook = 2000;
  std::vector<std::string_view> lines_;
};

}  // namespace

std::vector<UntestedFile> untested_files(const model::CoverageReport& coverage) {
  std::vector<UntestedFile> files;
  for (const model::CoverageFile& file : coverage.files) {
    UntestedFile untested{file.path, {}, 0, {}};
    bool open = false;
    for (const model::LineHits& line : file.lines) {
      ++untested.ratio.found;
      if (line.hits > 0) {
        ++untested.ratio.hit;
        open = false;
        continue;
      }
      ++untested.lines;
      if (open)
        untested.ranges.back().last = line.line;
      else
        untested.ranges.push_back({line.line, line.line});
      open = true;
    }
    if (untested.lines > 0) files.push_back(std::move(untested));
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const UntestedFile& a, const UntestedFile& b) { return a.lines > b.lines; });
  return files;
}

std::vector<UntestedPath> untested_paths_of(const UntestedFile& file, std::string_view source) {
  const Lines lines(source);
  std::vector<UntestedPath> paths;
  for (const model::LineRange& range : file.ranges) {
    for (std::uint32_t line = range.first; line <= range.last; ++line) {
      const bool begins = line == range.first || !function_of_line(lines.at(line)).empty();
      if (!begins) {
        paths.back().lines.last = line;
        continue;
      }
      UntestedPath path{
          file.path, lines.function_at(line), {line, line}, lines.condition_at(line), shown(lines.at(line)), {}};
      path.suggestion = suggestion_of(path);
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

std::vector<UntestedPath> untested_paths(const std::vector<UntestedFile>& files, const std::filesystem::path& root,
                                         std::size_t max) {
  std::vector<UntestedPath> all;
  for (const UntestedFile& file : files) {
    if (all.size() >= max) break;
    const auto source = read_file(root / file.path, kMaxSource);
    auto paths = untested_paths_of(file, source ? std::string_view(*source) : std::string_view());
    std::move(paths.begin(), paths.end(), std::back_inserter(all));
  }
  if (all.size() > max) all.resize(max);
  return all;
}

std::string to_text(const std::vector<model::LineRange>& ranges) {
  std::string text;
  for (const model::LineRange& range : ranges)
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", range.first,
                        range.last > range.first ? fmt::format("-{}", range.last) : std::string());
  return text;
}

nlohmann::json to_json(const UntestedFile& file) {
  nlohmann::json ranges = nlohmann::json::array();
  const std::size_t shown_ranges = std::min(file.ranges.size(), kMaxRanges);
  const std::vector<model::LineRange> first(file.ranges.begin(),
                                            file.ranges.begin() + static_cast<std::ptrdiff_t>(shown_ranges));
  for (const model::LineRange& range : first) ranges.push_back({range.first, range.last});
  return {{"file", file.path},
          {"lines", to_text(first)},
          {"ranges_left_out", file.ranges.size() - shown_ranges},
          {"ranges", std::move(ranges)},
          {"untested_lines", file.lines},
          {"total_lines", file.ratio.found}};
}

nlohmann::json to_json(const UntestedPath& path) {
  return {{"file", path.file},
          {"line", path.lines.first},
          {"end_line", path.lines.last},
          {"function", path.function.empty() ? nlohmann::json() : nlohmann::json(path.function)},
          {"condition", path.condition.empty() ? nlohmann::json() : nlohmann::json(path.condition)},
          {"code", path.first_line},
          {"suggestion", path.suggestion}};
}

}  // namespace rh::agent
