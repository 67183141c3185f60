// Text is scanned with one bit test for each pair of neighbouring bytes; the few pairs that may begin a
// secret are looked at closely.
#include "runner/base/redact.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh {
namespace {

constexpr std::size_t kLongestNeedle = 4096;
constexpr std::size_t kShortestLine = 16;         // of a value of several lines
constexpr std::size_t kLongestSecret = 64 << 10;  // dropped at most behind a match
constexpr std::size_t kDashesOfPem = 10;          // of the last line of a PEM block: five on each side

std::uint16_t pair_at(const char* text) {
  std::uint16_t pair = 0;
  std::memcpy(&pair, text, sizeof pair);
  return pair;
}

// As JSON does it with `quotes` = '"', as Python's repr() with '\'', and its unicode_escape without any.
std::string escaped(std::string_view text, std::string_view quotes) {
  std::string out;
  for (const char c : text) {
    const std::size_t control = std::string_view("\n\r\t").find(c);
    const bool marked = c == '\\' || quotes.find(c) != std::string_view::npos || control != std::string_view::npos;
    if (marked) out += '\\';
    out += control != std::string_view::npos ? "nrt"[control] : c;
  }
  return out;
}

// A tool's own escapes may stand in a file that is JSON again.
std::set<std::string> escaped_forms(const std::string& text) {
  std::set<std::string> forms{text};
  for (const std::string_view quotes : {"\"", "'", ""}) forms.insert(escaped(text, quotes));
  for (const std::string& form : std::set<std::string>(forms)) forms.insert(escaped(form, "\""));
  return forms;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte_sets(byte) & kJwt) != 0 || c == '~')
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", byte);
  }
  return encoded;
}

// Without the last group, which depends on what follows.
std::string base64_of(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (std::size_t i = 0; i + 3 <= text.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(text[i + k])); };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (int shift = 18; shift >= 0; shift -= 6) encoded += kDigits[group >> shift & 63U];
  }
  return encoded;
}

}  // namespace

Secrets::Secrets(const std::vector<NamedSecret>& values) {
  for (const NamedSecret& secret : values)
    if (secret.value.size() >= kShortestSecret) add_value(secret);
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& left, const Candidate& right) { return left.text.size() > right.text.size(); });
  for (const Shape& shape : secret_shapes()) add({}, &shape, std::string(shape.label));
  index();
}

void Secrets::add_value(const NamedSecret& secret) {
  std::set<std::string> forms = escaped_forms(secret.value);
  forms.insert(percent_encoded(secret.value));
  // Of a key of several lines a traceback may show one.
  if (secret.value.find('\n') != std::string::npos)
    for (const std::string_view line : split_lines(secret.value))
      if (line.size() >= kShortestLine && !line.starts_with("-----")) forms.emplace(line);
  if (std::string encoded = base64_of(secret.value); encoded.size() >= kShortestLine) forms.insert(std::move(encoded));
  for (std::string_view form : forms) {
    for (; form.size() > kLongestNeedle; form.remove_prefix(kLongestNeedle))
      add(std::string(form.substr(0, kLongestNeedle)), nullptr, secret.name);
    if (form.size() >= kShortestSecret) add(std::string(form), nullptr, secret.name);
  }
}

void Secrets::add(std::string text, const Shape* shape, const std::string& label) {
  auto known = std::find(labels_.begin(), labels_.end(), label);
  if (known == labels_.end()) known = labels_.insert(labels_.end(), label);
  candidates_.push_back({std::move(text), shape, static_cast<std::size_t>(known - labels_.begin())});
}

void Secrets::index() {
  bucket_.resize(std::size_t{1} << 16);
  by_pair_.emplace_back();
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const std::uint16_t pair = pair_at(candidates_[i].prefix().data());
    pairs_[pair >> 6U] |= std::uint64_t{1} << (pair & 63U);
    if (bucket_[pair] == 0) {
      bucket_[pair] = static_cast<std::uint16_t>(by_pair_.size());
      by_pair_.emplace_back();
    }
    by_pair_[bucket_[pair]].push_back(static_cast<std::uint32_t>(i));
  }
  counts_ = std::make_unique<std::atomic<std::uint64_t>[]>(labels_.size());
}

std::string Secrets::redact(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  Redactor redactor(*this);
  redactor.feed(text, out);
  redactor.finish(out);
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> Secrets::found() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (std::size_t i = 0; i < labels_.size(); ++i)
    if (const std::uint64_t count = counts_[i]; count > 0) all.emplace_back(labels_[i], count);
  std::sort(all.begin(), all.end());
  return all;
}

void Redactor::feed(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  if (held_.empty()) {
    held_ = bytes.substr(scan(bytes, false, out));
    return;
  }
  held_ += bytes;
  const std::string text = std::exchange(held_, {});
  held_ = text.substr(scan(text, false, out));
}

void Redactor::finish(std::string& out) {
  const std::string text = std::exchange(held_, {});
  [[maybe_unused]] const std::size_t all = scan(text, true, out);
  goes_on_ = kNoBytes;
}

std::array<char, 2> Redactor::bytes_before(std::string_view text, std::size_t at) const {
  if (at >= 2) return {text[at - 2], text[at - 1]};
  if (at == 1) return {before_[1], text[0]};
  return before_;
}

// Decides everything up to the returned place.
std::size_t Redactor::scan(std::string_view text, bool last, std::string& out) {
  std::size_t shown = 0;  // up to here `out` has it
  std::size_t at = 0;
  // Asked of the last byte only: who reads along sees the end of a line when it is written.
  const auto may_begin = [this](char first) {
    for (unsigned next = 0; next < 256; ++next) {
      const std::uint16_t pair = pair_at(std::array{first, static_cast<char>(next)}.data());
      if ((secrets_.pairs_[pair >> 6U] >> (pair & 63U) & 1U) != 0) return true;
    }
    return false;
  };
  const auto decided = [&](std::size_t end) {
    out.append(text.substr(shown, end - shown));
    if (end > 0) before_ = bytes_before(text, end);
    return end;
  };
  while (at < text.size()) {
    if (goes_on_ != kNoBytes) {
      shown = at = drop_rest(text, at, last, out);
      if (goes_on_ != kNoBytes) return decided(at);
      continue;
    }
    // The last byte has no neighbour yet.
    for (; at + 1 < text.size(); ++at) {
      const std::uint16_t pair = pair_at(text.data() + at);
      if ((secrets_.pairs_[pair >> 6U] >> (pair & 63U) & 1U) != 0) break;
    }
    if (at + 1 >= text.size()) return decided(last || !may_begin(text[at]) ? text.size() : at);
    std::size_t label = 0;
    const ShapeMatch match = match_at(text, at, last, label);
    if (match.verdict == ShapeMatch::need_more) return decided(at);
    if (match.verdict == ShapeMatch::no) {
      ++at;
      continue;
    }
    out.append(text.substr(shown, at + match.keep - shown));
    replace(match.length, label, out);
    goes_on_ = match.goes_on;
    dropped_ = pem_dashes_ = 0;
    pem_before_ = '\n';
    pem_header_ = false;
    shown = at = at + match.keep + match.length;
  }
  return decided(at);
}

ShapeMatch Redactor::match_at(std::string_view text, std::size_t at, bool last, std::size_t& label) const {
  const std::string_view here = text.substr(at);
  for (const std::uint32_t number : secrets_.by_pair_[secrets_.bucket_[pair_at(here.data())]]) {
    const Secrets::Candidate& candidate = secrets_.candidates_[number];
    const std::string_view prefix = candidate.prefix();
    if (here.size() < prefix.size()) {
      if (!last && prefix.starts_with(here)) return {ShapeMatch::need_more, 0, 0, kNoBytes};
      continue;
    }
    if (!here.starts_with(prefix)) continue;
    label = candidate.label;
    if (candidate.shape == nullptr) return {ShapeMatch::yes, 0, prefix.size(), kNoBytes};
    const ShapeMatch match = candidate.shape->match(*candidate.shape, here, bytes_before(text, at), last);
    if (match.verdict != ShapeMatch::no) return match;
  }
  return {};
}

// Inside of a secret: returns where it ends, or the end of what is there.
std::size_t Redactor::drop_rest(std::string_view text, std::size_t at, bool last, std::string& out) {
  const std::size_t begin = at;
  bool ended = false;
  while (!ended && at < text.size()) {
    const bool escape = goes_on_ == kPem && text[at] == '\\';  // a line end, written as JSON or by repr()
    if (escape && at + 1 == text.size() && !last) break;
    const bool line_end = escape && at + 1 < text.size() && is_one_of(text.substr(at + 1, 1), {"n", "r"});
    const char c = line_end ? '\n' : text[at];
    const bool belongs = goes_on_ == kPem ? pem_goes_on(c) : (byte_sets(static_cast<unsigned char>(c)) & goes_on_) != 0;
    const std::size_t width = line_end ? 2 : 1;
    if (belongs) at += width, dropped_ += width;
    ended = !belongs || dropped_ >= kLongestSecret || pem_dashes_ == kDashesOfPem;
  }
  if (form_ == Form::mask) out.append(at - begin, '*');
  if (ended) goes_on_ = kNoBytes;
  return at;
}

// Lines of base64, perhaps indented, headers ("Proc-Type: 4,ENCRYPTED") and the last line. Prose behind
// a mention of the first line ends at the space behind its first word.
bool Redactor::pem_goes_on(char c) {
  const char before = std::exchange(pem_before_, c);
  if (c == '\n' || c == '\r') {
    pem_header_ = false;
    return true;
  }
  if (pem_header_) return (byte_sets(static_cast<unsigned char>(c)) & kOpaque) != 0 || c == ' ' || c == ',';
  if (c == ':') return pem_header_ = true;
  if (c == '-') return ++pem_dashes_, true;
  if (c == ' ' || c == '\t')
    return pem_dashes_ >= kDashesOfPem / 2 || before == '\n' || before == ' ' || before == '\t';
  return (byte_sets(static_cast<unsigned char>(c)) & kPem) != 0;
}

void Redactor::replace(std::size_t length, std::size_t label, std::string& out) {
  std::string text = fmt::format("[redacted:{}]", secrets_.labels_[label]);
  if (form_ == Form::mask) text.resize(length, '*');
  out += text;
  ++found_;
  if (counted_) secrets_.counts_[label].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace rh
