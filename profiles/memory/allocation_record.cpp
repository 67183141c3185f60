#include "profiles/memory/allocation_record.h"

#include <fmt/core.h>

#include <limits>

#include "runner/base/text.h"

namespace rh::profiles {
namespace {

std::string unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char code = text[++i];
    plain += code == 't' ? '\t' : code == 'n' ? '\n' : code == 'r' ? '\r' : code;
  }
  return to_valid_utf8(plain);
}

class RecordReader {
 public:
  Result<AllocationRecord> read(std::string_view text) {
    bool done = false;
    for (const std::string_view line : split(text, '\n')) {
      ++number_;
      if (line.empty()) continue;
      if (done) return bad("goes on after its end");
      const std::vector<std::string_view> fields = split(line, '\t');
      if (fields[0] == "process")
        RH_CHECK(process(fields));
      else if (fields[0] == "heap")
        RH_CHECK(heap(fields));
      else if (fields[0] == "frame")
        RH_CHECK(frame(fields));
      else if (fields[0] == "site")
        RH_CHECK(site(fields));
      else if (fields[0] == "done")
        done = true;
      else
        return bad("is of an unknown kind");
    }
    if (!done) return bad("is the last, and the record is not complete");
    return std::move(record_);
  }

 private:
  Failure bad(std::string_view what, ErrorKind kind = ErrorKind::parse) const {
    return fail(kind, fmt::format("read what Python recorded of its allocations: line {} {}", number_, what));
  }

  // Fields `from` to the end as numbers into `to`.
  Result<void> numbers(const std::vector<std::string_view>& fields, std::initializer_list<std::uint64_t*> to) const {
    std::size_t at = 1;
    for (std::uint64_t* number : to) {
      const auto value = at < fields.size() ? parse_u64(fields[at]) : std::nullopt;
      if (!value) return bad(fmt::format("has no number in field {}", at + 1));
      *number = *value;
      ++at;
    }
    return {};
  }

  Result<void> process(const std::vector<std::string_view>& fields) {
    std::uint64_t pid = 0, parent = 0, begun = 0;
    RH_CHECK(numbers(fields, {&pid, &parent, &begun}));
    if (fields.size() < 6) return bad("has no version and command");
    record_.pid = static_cast<int>(pid);
    record_.parent = static_cast<int>(parent);
    record_.begun_ns = static_cast<std::int64_t>(begun);
    record_.version = to_valid_utf8(fields[4]);
    record_.command = unescaped(fields[5]);
    return {};
  }

  Result<void> heap(const std::vector<std::string_view>& fields) {
    return numbers(fields, {&record_.peak_bytes, &record_.samples, &record_.lost});
  }

  Result<void> frame(const std::vector<std::string_view>& fields) {
    std::uint64_t first = 0, line = 0;
    RH_CHECK(numbers(fields, {&first, &line}));
    if (fields.size() < 5) return bad("has no function and file");
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    AllocationFrame frame;
    frame.first_line = first > kMost ? 0 : static_cast<std::uint32_t>(first);
    frame.line = line > kMost ? 0 : static_cast<std::uint32_t>(line);
    frame.function = unescaped(fields[3]);
    frame.file = unescaped(fields[4]);
    record_.frames.push_back(std::move(frame));
    return {};
  }

  Result<void> site(const std::vector<std::string_view>& fields) {
    AllocationRecordSite site;
    RH_CHECK(numbers(fields, {&site.live_bytes, &site.live_count, &site.total_bytes}));
    if (record_.sites.size() >= kMaxAllocationSites)
      return bad(fmt::format("is one of more than {} sites", kMaxAllocationSites), ErrorKind::limit);
    for (const std::string_view word : split(fields.size() > 4 ? fields[4] : std::string_view(), ' ')) {
      if (word.empty()) continue;
      const auto index = parse_u64(word);
      if (!index || *index >= record_.frames.size()) return bad("names a frame that does not exist");
      if (site.frames.size() >= kMaxAllocationDepth)
        return bad(fmt::format("has more than {} frames", kMaxAllocationDepth), ErrorKind::limit);
      site.frames.push_back(static_cast<std::uint32_t>(*index));
    }
    record_.sites.push_back(std::move(site));
    return {};
  }

  AllocationRecord record_;
  std::size_t number_ = 0;
};

}  // namespace

Result<AllocationRecord> read_allocation_record(std::string_view text) { return RecordReader().read(text); }

}  // namespace rh::profiles
