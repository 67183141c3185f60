// Allocator of tables that are looked into all over: large ones are put on huge pages where the kernel
// has them on request, which spares a page fault for every 4 KiB and most misses of the address cache.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace rh::collectors {

template <class T>
struct HugePages {
  using value_type = T;
  static constexpr std::size_t kPage = 2U << 20;

  HugePages() = default;
  template <class U>
  HugePages(const HugePages<U>&) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    const bool huge = bytes >= kPage;
    void* const memory = huge ? std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage) : std::malloc(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    if (huge) (void)::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: without it everything works the same
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  bool operator==(const HugePages&) const = default;
};

}  // namespace rh::collectors
