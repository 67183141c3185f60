// Records of several rings put into the order of their time stamps: each ring is ordered, all together not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "profiles/native/perf_records.h"

namespace rh::profiles::native {

class RecordQueue {
 public:
  void put(std::span<const std::byte> bytes) {
    entries_.push_back({record_time(bytes), bytes_.size(), bytes.size()});
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());  // records are multiples of 8 bytes: they stay aligned
  }

  // Hands on the records up to this time, oldest first, and forgets them.
  template <class Sink>
  void take_until(std::int64_t time_ns, const Sink& sink) {
    const auto older = [](const Entry& a, const Entry& b) { return a.time_ns < b.time_ns; };
    std::stable_sort(entries_.begin(), entries_.end(), older);
    const auto end = std::upper_bound(entries_.begin(), entries_.end(), Entry{time_ns, 0, 0}, older);
    for (auto at = entries_.begin(); at != end; ++at) sink(std::span(bytes_).subspan(at->offset, at->size));
    keep_from(static_cast<std::size_t>(end - entries_.begin()));
  }

 private:
  struct Entry {
    std::int64_t time_ns = 0;
    std::size_t offset = 0, size = 0;
  };
  void keep_from(std::size_t first) {
    std::vector<std::byte> bytes;
    std::vector<Entry> entries;
    for (std::size_t i = first; i < entries_.size(); ++i) {
      const Entry& old = entries_[i];
      entries.push_back({old.time_ns, bytes.size(), old.size});
      bytes.insert(bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(old.offset),
                   bytes_.begin() + static_cast<std::ptrdiff_t>(old.offset + old.size));
    }
    entries_ = std::move(entries);
    bytes_ = std::move(bytes);
  }
  std::vector<Entry> entries_;
  std::vector<std::byte> bytes_;
};

}  // namespace rh::profiles::native
