#include "runner/agent/session/repl.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/tools.h"
#include "runner/agent/session/holder.h"
#include "runner/agent/session/session_manager.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxInput = 16 << 20;

int interrupt_event = -1;

void on_interrupt(int) {
  const std::uint64_t one = 1;
  const int kept = errno;
  [[maybe_unused]] const ssize_t put = ::write(interrupt_event, &one, sizeof one);
  errno = kept;
}

// Ctrl-C is for the code, as long as the prompt is there.
class Interrupts {
 public:
  Interrupts() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    interrupt_event = event_.get();
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    ::sigaction(SIGINT, &action, &before_);
  }
  ~Interrupts() { ::sigaction(SIGINT, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  [[nodiscard]] BorrowedFd event() const { return event_; }
  // Those so far are over.
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
  }

 private:
  UniqueFd event_;
  struct sigaction before_ {};
};

enum class Input { line, interrupted, end };

class LineReader {
 public:
  Input read(std::string& line, BorrowedFd interrupts, BorrowedFd cancel) {
    while (true) {
      if (const std::size_t end = held_.find('\n'); end != std::string::npos) {
        line = held_.substr(0, end);
        held_.erase(0, end + 1);
        return Input::line;
      }
      std::array<pollfd, 3> watched{{{STDIN_FILENO, POLLIN, 0}, {interrupts.fd, POLLIN, 0}, {cancel.fd, POLLIN, 0}}};
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return Input::end;
      if ((watched[1].revents & POLLIN) != 0) return Input::interrupted;
      if ((watched[2].revents & POLLIN) != 0) return Input::end;
      if ((watched[0].revents & (POLLIN | POLLHUP)) == 0) continue;
      std::array<char, 4096> bytes{};
      const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
      if (got > 0) held_.append(bytes.data(), static_cast<std::size_t>(got));
      if (got == 0 && !held_.empty())
        held_ += '\n';  // a last line without its end
      else if (got == 0 || held_.size() > kMaxInput)
        return Input::end;
    }
  }

 private:
  std::string held_;
};

// Brackets that are open at the end, and whether a text of several lines is. Enough for a prompt: what it takes for
// whole and is not, the interpreter says.
bool is_open(Language language, std::string_view text) {
  int depth = 0;
  char quote = 0;
  bool triple = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\')
        ++i;
      else if (triple ? text.substr(i).starts_with(std::string(3, quote)) : c == quote) {
        i += triple ? 2 : 0;
        quote = 0;
      } else if (c == '\n' && !triple && quote != '`' && language != Language::bash) {
        quote = 0;
      }
      continue;
    }
    const bool comment = language == Language::javascript ? text.substr(i).starts_with("//")
                                                          : c == '#' && (i == 0 || text[i - 1] != '$');
    if (comment) {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '"' || c == '\'' || (c == '`' && language != Language::python)) {
      quote = c;
      triple = language == Language::python && text.substr(i).starts_with(std::string(3, c));
      i += triple ? 2 : 0;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    }
  }
  return depth > 0 || (quote != 0 && (triple || quote == '`' || language == Language::bash));
}

// `if`, `for`, `case` and `{` of a shell and what closes them.
bool is_open_shell(std::string_view text) {
  int depth = 0;
  for (const std::string_view line : split_lines(text))
    for (std::string_view word : split(line, ' ')) {
      word = trim(word);
      while (word.ends_with(';')) word.remove_suffix(1);
      if (is_one_of(word, {"if", "for", "while", "until", "case", "select"})) ++depth;
      if (is_one_of(word, {"fi", "done", "esac"})) --depth;
    }
  return depth > 0;
}

void say(const CallContext& context, std::string_view text) {
  if (context.on_output) context.on_output(model::Stream::standard_error, text);
}

class Prompt {
 public:
  Prompt(Service& service, const CallContext& context, json arguments, Language language)
      : service_(service), context_(context), arguments_(std::move(arguments)), language_(language) {}

  void run() {
    const bool person = ::isatty(STDIN_FILENO) != 0;
    if (person)
      say(context_, fmt::format("{} session; Ctrl-C ends what runs, Ctrl-D the prompt\n", name_of(language_)));
    std::string lines, line;
    while (true) {
      if (person) say(context_, lines.empty() ? ">>> " : "... ");
      const Input input = reader_.read(line, interrupts_.event(), context_.cancel);
      if (input == Input::end) break;
      if (input == Input::interrupted) {
        interrupts_.clear();
        lines.clear();
        say(context_, "\n");
        continue;
      }
      lines += line + "\n";
      if (!is_whole(language_, lines)) continue;
      if (!trim(lines).empty()) run_lines(lines);
      lines.clear();
    }
    if (!trim(lines).empty()) run_lines(lines);
    if (person) say(context_, "\n");
  }
  [[nodiscard]] std::size_t cells() const { return cells_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }

 private:
  void run_lines(const std::string& lines) {
    interrupts_.clear();
    CallContext call = context_;
    call.cancel = interrupts_.event();
    json arguments = arguments_;
    arguments["code"] = lines;
    const ToolAnswer answer = shared_ ? ask_holder(service_, call, "execute_code", arguments, true)
                                      : tool_named("execute_code")->call(service_, call, arguments);
    ++cells_;
    if (answer.error == ErrorKind::none) return;
    ++failed_;
    // Errors of the code were printed by the interpreter.
    if (answer.error != ErrorKind::code_error) say(context_, answer.text.substr(0, answer.text.find('\n')) + "\n");
  }

  Service& service_;
  const CallContext& context_;
  json arguments_;
  Language language_;
  Interrupts interrupts_;
  LineReader reader_;
  std::size_t cells_ = 0, failed_ = 0;

 public:
  bool shared_ = false;
};

}  // namespace

bool is_whole(Language language, std::string_view lines) {
  const auto all = split_lines(lines);
  std::size_t last = all.size();
  while (last > 0 && all[last - 1].empty()) --last;
  const bool blank_end = last + 1 < all.size() || (last < all.size() && lines.ends_with("\n\n"));
  if (last == 0) return true;
  if (is_open(language, lines)) return false;
  if (language == Language::bash) return !is_open_shell(lines) && !all[last - 1].ends_with('\\');
  if (all[last - 1].ends_with('\\')) return false;
  if (language != Language::python) return true;
  const std::string_view end = trim(all[last - 1]);
  const bool in_block =
      end.ends_with(':') || all[last - 1].starts_with(' ') || all[last - 1].starts_with('\t') || end.starts_with('@');
  return !in_block || blank_end;
}

ToolAnswer run_repl(Service& service, const CallContext& context, const json& arguments) {
  const std::string name = arguments.value("language", "python");
  const auto language = language_named(name);
  if (!language || !keeps_state(*language))
    return error_answer(ErrorKind::unsupported_language, "a prompt is there for python, javascript and bash");
  json all = arguments;
  all["language"] = name_of(*language);
  const bool shared = arguments.contains("session_id");
  if (!shared) {
    hold_sessions_here();
    const auto id = SessionManager::new_id();
    if (!id) return answer_of_error(id.error());
    all["session_id"] = *id;
  }
  if (!all.contains("save_execution")) all["save_execution"] = false;
  all["echo"] = true;
  Prompt prompt(service, context, all, *language);
  prompt.shared_ = shared;
  prompt.run();
  if (!shared) service.sessions().end_all();
  return answer_of({{"success", true}, {"cells", prompt.cells()}, {"failed", prompt.failed()}}, "");
}

}  // namespace rh::agent
