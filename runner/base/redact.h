// Takes secrets out of everything that is stored: known values (of the caller's environment) and texts
// that look like a token or a key. Each becomes "[redacted:NAME]".
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/base/secret_shapes.h"

namespace rh {

struct NamedSecret {
  std::string name;   // what stands in its place
  std::string value;  // shorter than kShortestSecret: not looked for
};

constexpr std::size_t kShortestSecret = 8;

// Does a variable of this name usually hold a secret? DEPLOY_TOKEN and DbPassword do, KEYBOARD does not.
[[nodiscard]] bool names_a_secret(std::string_view name);

// What to look for. Thread-safe: any number of Redactors share one, and it counts what they found.
class Secrets {
 public:
  // Values are found as they are, escaped as JSON and Python do it, percent-encoded and in base64; long
  // lines of a value also by themselves.
  explicit Secrets(const std::vector<NamedSecret>& values);

  [[nodiscard]] std::string redact(std::string_view text) const;
  // Places by name, without those that were not found.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> found() const;

 private:
  friend class Redactor;
  struct Candidate {
    std::string text;  // of a known value; empty: `shape`
    const Shape* shape = nullptr;
    std::size_t label = 0;
    [[nodiscard]] std::string_view prefix() const { return shape != nullptr ? shape->prefix : std::string_view(text); }
  };
  void add(std::string text, const Shape* shape, const std::string& label);
  void add_value(const NamedSecret& secret);
  void index();

  std::vector<Candidate> candidates_;  // known values first, long ones before short ones
  std::vector<std::string> labels_;
  std::array<std::uint64_t, 1024> pairs_{};  // one bit for the first two bytes of a candidate
  std::vector<std::vector<std::uint32_t>> by_pair_;
  std::vector<std::uint16_t> bucket_;  // of the first two bytes; 0: none
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
};

// One stream. What may be the begin of a secret is held back until more of it comes, at most a few
// kilobytes.
class Redactor {
 public:
  enum class Form {
    label,  // "[redacted:NAME]"
    mask,   // the same, cut or filled up with '*' to the length of the secret: for files with offsets in them
  };
  // `counted`: in Secrets::found.
  explicit Redactor(const Secrets& secrets, Form form = Form::label, bool counted = true)
      : secrets_(secrets), form_(form), counted_(counted) {}

  // Appends to `out` what may be stored.
  void feed(std::string_view bytes, std::string& out);
  void finish(std::string& out);
  [[nodiscard]] std::uint64_t found() const { return found_; }
  // Nothing is held back: what was fed so far came out whole.
  [[nodiscard]] bool idle() const { return held_.empty() && goes_on_ == kNoBytes; }

 private:
  [[nodiscard]] std::size_t scan(std::string_view text, bool last, std::string& out);
  [[nodiscard]] ShapeMatch match_at(std::string_view text, std::size_t at, bool last, std::size_t& label) const;
  [[nodiscard]] std::array<char, 2> bytes_before(std::string_view text, std::size_t at) const;
  [[nodiscard]] std::size_t drop_rest(std::string_view text, std::size_t at, bool last, std::string& out);
  [[nodiscard]] bool pem_goes_on(char c);
  void replace(std::size_t length, std::size_t label, std::string& out);

  const Secrets& secrets_;
  Form form_;
  bool counted_;
  std::string held_;
  std::array<char, 2> before_{' ', ' '};  // the last two bytes that were decided
  std::uint8_t goes_on_ = kNoBytes;       // inside of a secret whose begin was replaced
  std::size_t dropped_ = 0;               // of that secret
  std::size_t pem_dashes_ = 0;
  char pem_before_ = '\n';
  bool pem_header_ = false;
  std::uint64_t found_ = 0;
};

}  // namespace rh
