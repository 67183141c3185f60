#include "runner/app/run_line.h"

#include "runner/base/text.h"
#include "runner/engine/settings.h"

namespace rh::app {
namespace {

using engine::OptionRow;
using engine::OptionType;

struct Switch {
  const char* name;
  bool CommandLine::*into;
};
constexpr Switch kSwitches[] = {{"--json", &CommandLine::json},
                                {"--apply", &CommandLine::apply},
                                {"--no-config", &CommandLine::no_config},
                                {"--verbose", &CommandLine::verbose},
                                {"-v", &CommandLine::verbose}};

struct Text {
  const char* name;
  std::string CommandLine::*into;
};
constexpr Text kTexts[] = {{"--cwd", &CommandLine::cwd},
                           {"--config", &CommandLine::config_file},
                           {"--copy-changes", &CommandLine::copy_changes},
                           {"--artifacts-dir", &CommandLine::artifacts_dir}};

// "--timeout 5s" or "--timeout=5s", and the position behind it.
class Reader {
 public:
  explicit Reader(const std::vector<std::string>& words) : words_(words) {}

  std::optional<CommandLine> read() {
    line_.command = CommandName::run;
    for (; at_ < words_.size(); ++at_) {
      const std::string_view word = words_[at_];
      const bool dashes = word == "--";
      if (dashes || word.size() < 2 || word.front() != '-') {
        line_.extra_args.assign(words_.begin() + static_cast<std::ptrdiff_t>(at_ + dashes), words_.end());
        break;
      }
      const std::size_t equals = word.find('=');
      name_ = word.substr(0, equals);
      attached_ = equals == std::string_view::npos ? std::nullopt : std::optional(word.substr(equals + 1));
      if (!read_option()) return std::nullopt;
    }
    if (line_.extra_args.empty()) return std::nullopt;
    return std::move(line_);
  }

 private:
  bool read_option() {
    for (const Switch& known : kSwitches)
      if (name_ == known.name) return !attached_ && (line_.*known.into = true);
    for (const Text& known : kTexts)
      if (name_ == known.name) return (line_.*known.into).empty() && take_value(line_.*known.into);
    if (name_ == "--artifact") return take_value(line_.artifacts.emplace_back());
    for (const OptionRow& row : engine::option_rows()) {
      if (row.used_by == engine::UsedBy::test) continue;
      for (const std::string_view flag : split(row.flag, ','))
        if (flag.substr(flag.starts_with('!')) == name_) return read_setting(row, flag.starts_with('!'));
    }
    return false;
  }

  bool read_setting(const OptionRow& row, bool negated) {
    const std::string key(row.key);
    std::vector<std::string>& values = line_.settings[key];
    line_.flags[key] = row.first_flag();
    if (row.type == OptionType::boolean) {
      values = {negated ? "false" : "true"};
      return !attached_;
    }
    if (row.type != OptionType::list && row.type != OptionType::file_list) values.clear();
    return take_value(values.emplace_back());
  }

  // Empty values, and those that look like options, are the library's to judge.
  bool take_value(std::string& into) {
    if (!attached_ && at_ + 1 < words_.size()) attached_ = words_[++at_];
    into = attached_.value_or("");
    return !into.empty() && into.front() != '-';
  }

  const std::vector<std::string>& words_;
  CommandLine line_;
  std::size_t at_ = 1;
  std::string_view name_;
  std::optional<std::string_view> attached_;
};

}  // namespace

std::optional<CommandLine> read_run_line(const std::vector<std::string>& words) { return Reader(words).read(); }

}  // namespace rh::app
