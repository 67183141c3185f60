#include "collectors/results/summary.h"

#include <algorithm>
#include <cstring>

#include "collectors/results/reader.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kSniffBytes = 8U << 10;

// What was read to tell the format, and then the rest.
class HeadedSource : public ByteSource {
 public:
  HeadedSource(std::string_view head, ByteSource& rest) : head_(head), rest_(rest) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    if (head_.empty()) return rest_.read(into, size);
    const std::size_t count = std::min(size, head_.size());
    std::memcpy(into, head_.data(), count);
    head_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view head_;
  ByteSource& rest_;
};

const ResultFormat* find_format(std::span<const ResultFormat> formats, std::string_view head) {
  for (const ResultFormat& format : formats)
    if (format.sniff != nullptr && format.sniff(head)) return &format;
  // The JUnit reader explains best what is wrong with unknown content.
  for (const ResultFormat& format : formats)
    if (format.name == "junit") return &format;
  return nullptr;
}

}  // namespace

std::string_view name_of(ResultsState state) {
  switch (state) {
    case ResultsState::cases:
      return "cases";
    case ResultsState::no_cases:
      return "no_cases";
    case ResultsState::empty:
      return "empty";
    case ResultsState::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string ReportedCase::id() const {
  std::string id = file;
  const auto add = [&id](std::string_view part) {
    if (part.empty()) return;
    if (!id.empty()) id += "::";
    id += part;
  };
  add(classname.empty() ? suite : classname);
  add(name);
  return id;
}

ResultTotals& ResultTotals::operator+=(const ResultTotals& other) {
  total += other.total, passed += other.passed, failed += other.failed, skipped += other.skipped;
  flaky += other.flaky, further_attempts += other.further_attempts;
  if (other.time) {
    if (!time) time.emplace();
    *time += *other.time;
  }
  return *this;
}

bool ResultsSummary::trouble() const {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const model::Diagnostic& each) { return each.severity == model::Severity::error; });
}

Result<ResultsSummary> summarise_results(ByteSource& source, const std::string& subject,
                                         std::span<const ResultFormat> formats, const ResultsQuery& query) {
  std::string head(kSniffBytes, '\0');
  std::size_t size = 0;
  while (size < head.size()) {
    RH_TRY(const std::size_t count, source.read(head.data() + size, head.size() - size));
    if (count == 0) break;
    size += count;
  }
  head.resize(size);
  const ResultFormat* format = find_format(formats, head);
  if (format == nullptr) return fail(ErrorKind::unsupported, "read results: no format is known", subject);
  HeadedSource whole(head, source);
  RH_TRY(ResultsSummary summary, format->summarise == nullptr ? summarise_events(whole, subject, *format, query)
                                                              : format->summarise(whole, subject, query));
  summary.format = format->name;
  return summary;
}

}  // namespace rh::collectors
