#include "profiles/python/read_ahead.h"

#include <algorithm>

namespace rh::profiles::python {

void ReadAhead::clear() {
  parts_.clear();
  wanted_.clear();
  bytes_.clear();
}

void ReadAhead::want(Address from, std::size_t size) {
  const auto same = [&](const Part& part) { return part.begin == from && part.size >= size; };
  if (std::none_of(wanted_.begin(), wanted_.end(), same)) wanted_.push_back({from, size, 0});
}

void ReadAhead::fetch() {
  std::size_t at = bytes_.size(), total = at;
  for (const Part& part : wanted_) total += part.size;
  bytes_.resize(total);
  ranges_.clear();
  for (const Part& part : wanted_) ranges_.push_back(remote_range(part.begin, part.size));
  for (std::size_t done = 0; done < wanted_.size();) {
    const std::size_t good = memory_.read(std::span(ranges_).subspan(done), bytes_.data() + at);
    for (std::size_t i = done; i < done + good; ++i) {
      wanted_[i].at = at;
      at += wanted_[i].size;
      parts_.push_back(wanted_[i]);
    }
    done += good + 1;  // behind the one that is not mapped
  }
  wanted_.clear();
  std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.begin < b.begin; });
}

bool ReadAhead::read(Address from, void* to, std::size_t size) {
  auto part = std::upper_bound(parts_.begin(), parts_.end(), from,
                               [](Address address, const Part& each) { return address < each.begin; });
  while (part != parts_.begin()) {
    --part;
    if (from - part->begin + size <= part->size) {
      std::memcpy(to, bytes_.data() + part->at + (from - part->begin), size);
      return true;
    }
    if (part->begin != from) break;
  }
  return memory_.read(from, to, size);
}

}  // namespace rh::profiles::python
