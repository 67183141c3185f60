#include "collectors/coverage/json_walk.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // the library's definitions: this is the one place that has them

namespace rh::collectors {
namespace {

namespace json = boost::json;

// What Boost.JSON's parser tells, turned into places.
class Events {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX, max_array_size = SIZE_MAX, max_key_size = SIZE_MAX,
                               max_string_size = SIZE_MAX;

  Events(std::span<const JsonStep> steps, JsonHandler& handler) : steps_(steps), handler_(handler) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return begin(false); }
  bool on_array_begin(json::error_code&) { return begin(true); }
  bool on_object_end(std::size_t, json::error_code&) { return end(); }
  bool on_array_end(std::size_t, json::error_code&) { return end(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return add_part(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    if (skipped_ > 0) return true;
    key_.assign(whole(part));
    parts_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return add_part(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    JsonScalar scalar;
    scalar.kind = JsonScalar::Kind::text;
    scalar.text = whole(part);
    tell(scalar);
    parts_.clear();
    return true;
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    const auto bits = static_cast<std::uint64_t>(number);
    return integer(number < 0 ? 0 - bits : bits, number < 0);
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) { return integer(number, false); }
  bool on_double(double number, json::string_view, json::error_code&) {
    JsonScalar scalar;
    scalar.kind = JsonScalar::Kind::real;
    scalar.real = number;
    return tell(scalar);
  }
  bool on_bool(bool truth, json::error_code&) {
    JsonScalar scalar;
    scalar.kind = JsonScalar::Kind::boolean;
    scalar.truth = truth;
    return tell(scalar);
  }
  bool on_null(json::error_code&) { return tell({}); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Level {
    JsonPlace place;
    bool is_array;
  };

  [[nodiscard]] std::string_view whole(json::string_view last) {
    const std::string_view part(last.data(), last.size());
    if (parts_.empty()) return part;
    parts_.append(part);
    return parts_;
  }

  bool add_part(json::string_view part) {
    if (skipped_ == 0 && parts_.size() < kMaxJsonText) parts_.append(part.data(), part.size());
    return true;
  }

  // Where the next value stands; nullopt: nobody wants it.
  [[nodiscard]] std::optional<JsonPlace> next_place() const {
    if (levels_.empty()) return kJsonRoot;
    const Level& level = levels_.back();
    for (const JsonStep& step : steps_) {
      if (step.from != level.place) continue;
      const bool fits = level.is_array ? step.key == kElement : step.key == key_ || step.key == kAnyMember;
      if (fits) return step.to;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string_view key() const {
    return levels_.empty() || levels_.back().is_array ? std::string_view() : std::string_view(key_);
  }

  bool begin(bool is_array) {
    if (skipped_ > 0) return ++skipped_, true;
    const auto place = next_place();
    if (!place) return ++skipped_, true;
    handler_.enter(*place, key(), is_array);
    levels_.push_back({*place, is_array});
    return true;
  }

  bool end() {
    if (skipped_ > 0) return --skipped_, true;
    const JsonPlace place = levels_.back().place;
    levels_.pop_back();
    handler_.leave(place);
    return true;
  }

  bool integer(std::uint64_t magnitude, bool negative) {
    JsonScalar scalar;
    scalar.kind = JsonScalar::Kind::integer;
    scalar.magnitude = magnitude;
    scalar.negative = negative;
    scalar.real = static_cast<double>(magnitude) * (negative ? -1 : 1);
    return tell(scalar);
  }

  bool tell(const JsonScalar& scalar) {
    if (skipped_ > 0) return true;
    if (const auto place = next_place()) handler_.value(*place, key(), scalar);
    return true;
  }

  std::span<const JsonStep> steps_;
  JsonHandler& handler_;
  std::vector<Level> levels_;
  std::size_t skipped_ = 0;  // depth below an unwanted place
  std::string key_, parts_;
};

}  // namespace

std::optional<std::string_view> JsonScalar::as_text() const {
  return kind == Kind::text ? std::optional(text) : std::nullopt;
}

std::optional<bool> JsonScalar::as_bool() const { return kind == Kind::boolean ? std::optional(truth) : std::nullopt; }

std::optional<std::int64_t> JsonScalar::as_integer() const {
  if (kind != Kind::integer || magnitude > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
}

std::optional<std::uint32_t> JsonScalar::as_line() const {
  if (kind != Kind::integer || negative || magnitude == 0 || magnitude > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(magnitude);
}

std::optional<ReadCount> JsonScalar::as_count() const {
  if (kind == Kind::integer) return negative ? ReadCount{0, magnitude > 0} : ReadCount{magnitude, false};
  return kind == Kind::real ? count_from(real) : std::nullopt;
}

JsonEnd walk_json(std::string_view text, std::span<const JsonStep> steps, JsonHandler& handler) {
  constexpr std::string_view kBlank = " \t\r\n";
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  options.allow_invalid_utf8 = true;
  JsonEnd end;
  end.offset = std::min(text.find_first_not_of(kBlank), text.size());
  if (end.offset == text.size()) return end.error = "the document is empty", end;
  while (end.offset < text.size()) {
    json::basic_parser<Events> parser(options, steps, handler);
    json::error_code error;
    end.offset += parser.write_some(true, text.data() + end.offset, text.size() - end.offset, error);
    // With `more`, a document that stops early is no error yet, and one that is done leaves the rest alone.
    if (!error && !parser.done()) parser.write_some(false, nullptr, 0, error);
    if (error) return end.error = error.message(), end;
    end.offset = std::min(text.find_first_not_of(kBlank, end.offset), text.size());
  }
  end.complete = true;
  return end;
}

std::string json_position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? offset : offset - newline - 1;
  return fmt::format("line {}, column {}", std::count(before.begin(), before.end(), '\n') + 1, column + 1);
}

}  // namespace rh::collectors
