#include "collectors/results/xml_report.h"

#include <algorithm>

#include <fmt/core.h>

#include "collectors/results/xml_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kMaxDepth = 1000, kMaxNameBytes = 16U << 10;
constexpr std::string_view kNoUsage = "a report carries no usage of a single test";

}  // namespace

model::TestEnded reported_end(std::uint64_t ordinal, model::Outcome outcome) {
  model::TestEnded ended;
  ended.key = fmt::format("case {}", ordinal);
  ended.attempt.outcome = outcome;
  ended.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoUsage));
  ended.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoUsage));
  return ended;
}

// --- bytes ---------------------------------------------------------------------------------------

void XmlReport::feed(std::string_view bytes) {
  if (begun_) return decode(bytes);
  const std::size_t room = kEncodingHead - head_.size();
  head_ += bytes.substr(0, room);
  if (head_.size() < kEncodingHead) return;
  begin_document();
  decode(bytes.substr(std::min(room, bytes.size())));
}

void XmlReport::begin_document() {
  begun_ = true;
  encoding_ = detect_encoding(head_);
  if (encoding_.charset == Charset::utf16_le || encoding_.charset == Charset::utf16_be)
    utf16_.emplace(encoding_.charset == Charset::utf16_be);
  decode(std::string_view(head_).substr(encoding_.mark_bytes));
}

void XmlReport::decode(std::string_view bytes) {
  if (!utf16_) return xml_.feed(bytes);
  std::string decoded;
  utf16_->feed(bytes, decoded);
  xml_.feed(decoded);
}

// --- elements ------------------------------------------------------------------------------------

std::string XmlReport::value(XmlAttributes attributes, std::string_view name) const {
  for (const XmlAttribute& each : attributes)
    if (each.name == name) return xml_name(each.value.substr(0, kMaxNameBytes), encoding_.charset);
  return {};
}

bool XmlReport::inside(std::string_view element) const {
  return std::any_of(open_.begin(), open_.end(), [&](const Element& each) { return each.name == element; });
}

void XmlReport::start_element(std::string_view name, XmlAttributes attributes) {
  ++elements_;
  if (open_.size() >= kMaxDepth) {
    if (too_deep_++ == 0)
      diagnose(model::Severity::error, "too-deep",
               fmt::format("elements nest deeper than {} at line {}; what is inside is not read", kMaxDepth, line()));
    return;
  }
  begin(name, attributes);
  open_.push_back({std::string(name), BoundedText()});
}

void XmlReport::end_element(std::string_view name) {
  if (too_deep_ > 0) {
    --too_deep_;
    return;
  }
  std::size_t depth = open_.size();
  while (depth > 0 && open_[depth - 1].name != name) --depth;
  if (depth == 0 || depth != open_.size()) xml_.damaged();
  if (depth == 0) return;
  while (open_.size() >= depth) close_top();
}

void XmlReport::close_top() {
  const Element top = std::move(open_.back());
  open_.pop_back();
  end(top.name, top.text.text());
}

bool XmlReport::wants_text() { return too_deep_ == 0 && !open_.empty() && wants(open_.back().name); }

void XmlReport::text(std::string_view raw, bool cdata) {
  open_.back().text.append(cdata ? to_utf8(raw, encoding_.charset) : xml_text(raw, encoding_.charset));
}

// --- the end -------------------------------------------------------------------------------------

void XmlReport::emit(model::TestEnded ended) {
  ++cases_;
  sink_(std::move(ended));
}

void XmlReport::diagnose(model::Severity severity, std::string_view code, std::string message) {
  sink_(model::Diagnostic{severity, fmt::format("{}-{}", format_, code), std::move(message), options_.subject, {}});
}

void XmlReport::finish() {
  if (!begun_) begin_document();
  if (utf16_) {
    std::string decoded;
    utf16_->finish(decoded);
    xml_.feed(decoded);
  }
  xml_.finish();
  const bool whole = open_.empty() && !xml_.ended_inside_token();
  if (!whole)
    diagnose(model::Severity::error, "truncated",
             fmt::format("the file ends inside of <{}> at byte {}, line {}, after {} results",
                         open_.empty() ? "a tag" : one_line(open_.back().name), xml_.offset(), xml_.line(), cases_));
  conclude(whole);
  if (elements_ == 0 && whole)
    diagnose(model::Severity::error, "empty", fmt::format("the file holds no element: this is not {}", title_));
  else if (cases_ == 0 && whole)
    diagnose(model::Severity::warning, "no-cases", "the report holds no test case");
  if (xml_.faults() > 0)
    diagnose(xml_.damage() > 0 ? model::Severity::error : model::Severity::warning, "malformed", fault_sentence(xml_));
}

}  // namespace rh::collectors
