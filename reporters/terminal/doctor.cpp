// What `doctor` prints: one line for each mechanism that works, and for each other one the reason and
// the commands, which stay fit for copying where they are broken over lines.
#include <algorithm>

#include <fmt/core.h>

#include "reporters/doctor.h"
#include "reporters/plain_text.h"
#include "reporters/terminal/style.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

using model::SurveyState;

constexpr std::size_t kWidest = 100, kNarrowest = 40;
constexpr std::size_t kState = 7, kName = 23, kTool = 9, kVersion = 12;
constexpr const char* kIndent = "           ";  // under the mechanism's name

Tone tone_of(SurveyState state) {
  return state == SurveyState::works ? Tone::good : state == SurveyState::partly ? Tone::doubtful : Tone::bad;
}

std::string padded(const Style& style, Tone tone, std::string_view text, std::size_t columns) {
  const std::size_t width = width_of(text);
  return style(tone, text) + std::string(width < columns ? columns - width : 0, ' ');
}

// Words of a command; what is quoted is one of them.
std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words(1);
  char quote = 0;
  for (const char c : command) {
    if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (c == quote)
      quote = 0;
    if (c == ' ' && quote == 0)
      words.emplace_back();
    else
      words.back() += c;
  }
  return words;
}

// Lines of at most `width` columns where the words allow it. `joint` ends each line but the last,
// `begin` begins each but the first.
std::vector<std::string> wrap(const std::vector<std::string>& words, std::size_t width, std::string_view joint,
                              std::string_view begin) {
  std::vector<std::string> lines(1);
  for (const std::string& word : words) {
    std::string& line = lines.back();
    if (line.empty() || line == begin) {
      line += word;
    } else if (width_of(line) + 1 + width_of(word) + joint.size() <= width) {
      line += ' ' + word;
    } else {
      line += joint;
      lines.push_back(std::string(begin) + word);
    }
  }
  return lines;
}

class DoctorText {
 public:
  DoctorText(const model::DoctorReport& report, const TerminalOptions& options)
      : report_(report), style_(options.color), width_(std::clamp<std::size_t>(options.columns, kNarrowest, kWidest)) {}

  std::string write() {
    write_host();
    heading("Isolation");
    for (const model::SurveyRow& row : report_.host.rows) write_row(row);
    heading("Toolchains");
    for (const model::Tool& tool : report_.tools) write_tool(tool);
    heading("Presets");
    for (const model::PresetFinding& preset : report_.presets) write_preset(preset);
    write_verdict();
    return std::move(text_);
  }

 private:
  void heading(std::string_view title) { text_ += fmt::format("\n{}\n", style_(Tone::bold, title)); }

  void write_host() {
    const model::HostSurvey& host = report_.host;
    text_ += fmt::format("Linux {}, run by {}{}\n", clean_line(host.kernel), clean_line(host.runner),
                         host.container.empty() ? "" : ", in a container of " + clean_line(host.container));
  }

  // The label stands before the first line; the others lie below its text.
  void labelled(std::string_view label, const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i)
      text_ += fmt::format("{}{} {}\n", kIndent, style_(Tone::dim, i == 0 ? label : "   "), lines[i]);
  }
  void paragraph(std::string_view label, std::string_view words) {
    labelled(label, wrap(words_of_prose(words), room(), "", ""));
  }
  [[nodiscard]] std::size_t room() const { return width_ - std::string_view(kIndent).size() - 4; }

  static std::vector<std::string> words_of_prose(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : split(text, ' ')) words.emplace_back(word);
    return words;
  }

  void write_row(const model::SurveyRow& row) {
    std::string line = fmt::format("  {}  {}", padded(style_, tone_of(row.state), name_of(row.state), kState),
                                   padded(style_, Tone::plain, row.mechanism, kName));
    const std::string by = clean_line(row.by);
    text_ += line.substr(0, line.find_last_not_of(' ') + 1);
    if (!by.empty()) {
      const std::size_t begin = 2 + kState + 2 + kName;
      if (by.size() + begin + 1 <= width_)
        text_ += std::string(line.size() - (line.find_last_not_of(' ') + 1), ' ') + ' ' + by;
      else
        text_ += '\n' + std::string(kIndent) + by;
    }
    text_ += '\n';
    if (!row.reason.empty()) paragraph("why", clean_line(row.reason, 800));
    write_remedy(row);
  }

  // One command often mends several rows: it is printed once.
  void write_remedy(const model::SurveyRow& row) {
    const auto before = std::find_if(report_.host.rows.begin(), report_.host.rows.end(),
                                     [&](const model::SurveyRow& other) { return other.remedy == row.remedy; });
    if (!row.remedy.empty() && before->mechanism != row.mechanism)
      return labelled("fix", {fmt::format("as for: {}", before->mechanism)});
    std::vector<std::string> commands;
    for (const std::string& command : row.remedy) {
      const bool comment = command.starts_with("#");
      auto lines =
          comment ? wrap(words_of_prose(command), room(), "", "#   ") : wrap(words_of(command), room(), " \\", "  ");
      std::move(lines.begin(), lines.end(), std::back_inserter(commands));
    }
    labelled("fix", commands);
  }

  void write_tool(const model::Tool& tool) {
    const bool missing = tool.path.empty();
    text_ += fmt::format("  {}  {}\n",
                         padded(style_, missing ? Tone::doubtful : Tone::good, missing ? "missing" : "found", kState),
                         missing ? clean_line(tool.name)
                                 : padded(style_, Tone::plain, tool.name, kTool) + ' ' +
                                       padded(style_, Tone::plain, clean_line(tool.version), kVersion) + ' ' +
                                       clean_line(tool.path.string()));
    if (!missing && !tool.problem.empty()) paragraph("why", clean_line(tool.problem));
  }

  void write_preset(const model::PresetFinding& preset) {
    const bool kept = keeps_preset(report_, preset.name);
    text_ += fmt::format("  {}  {}\n", padded(style_, kept ? Tone::good : Tone::bad, kept ? "kept" : "broken", kState),
                         preset.name);
    for (const auto state : {model::MechanismState::refused, model::MechanismState::degraded}) {
      std::vector<std::string> names;
      for (const model::IsolationRow& row : preset.missing)
        if (row.state == state) names.push_back(row.mechanism);
      if (!names.empty()) paragraph("why", fmt::format("{}: {}", model::name_of(state), join(names, ", ")));
    }
    if (!preset.problem.empty()) paragraph("why", clean_line(preset.problem, 800));
  }

  void write_verdict() {
    text_ += keeps_preset(report_, "ci")
                 ? fmt::format("\n{}: the preset ci keeps every promise on this host\n", style_(Tone::good, "OK"))
                 : fmt::format("\n{}: the preset ci does not keep every promise on this host\n",
                               style_(Tone::bad, "NOT ENFORCEABLE"));
  }

  const model::DoctorReport& report_;
  Style style_;
  std::size_t width_;
  std::string text_;
};

}  // namespace

std::string doctor_to_text(const model::DoctorReport& report, const TerminalOptions& options) {
  return DoctorText(report, options).write();
}

}  // namespace rh::reporters
