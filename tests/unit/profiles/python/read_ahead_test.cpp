// Many small reads of another process's memory answered by few: here the process is our own.
#include "profiles/python/read_ahead.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

namespace rh::profiles::python {
namespace {

Address address_of(const void* at) { return reinterpret_cast<Address>(at); }

TEST(ReadAhead, AnswersFromWhatWasFetched) {
  RemoteMemory memory(::getpid());
  ReadAhead ahead(memory);
  std::array<std::uint32_t, 8> numbers{1, 2, 3, 4, 5, 6, 7, 8};
  ahead.want(address_of(numbers.data()), 16);
  ahead.want(address_of(numbers.data()), 8);
  ahead.want(address_of(&numbers[6]), 8);
  ahead.fetch();
  numbers.fill(9);
  EXPECT_EQ(ahead.get<std::uint32_t>(address_of(&numbers[3])), 4U);
  EXPECT_EQ(ahead.get<std::uint32_t>(address_of(&numbers[7])), 8U);
  EXPECT_EQ(ahead.get<std::uint32_t>(address_of(&numbers[4])), 9U) << "was not fetched: what it is now";
  EXPECT_EQ(ahead.get<std::uint64_t>(address_of(&numbers[3])), 0x900000009U) << "was fetched in part only";
  ahead.clear();
  EXPECT_EQ(ahead.get<std::uint32_t>(address_of(&numbers[0])), 9U);
}

TEST(ReadAhead, LeavesOutWhatIsNotMapped) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const pages = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto* const first = static_cast<std::uint8_t*>(pages);
  first[page - 1] = 7;
  ASSERT_EQ(::munmap(first + page, page), 0);
  RemoteMemory memory(::getpid());
  ReadAhead ahead(memory);
  std::uint8_t before = 1, after = 2;
  ahead.want(address_of(&before), 1);
  ahead.want(address_of(first + page - 1), 64);
  ahead.want(address_of(first + page), 64);
  ahead.want(address_of(&after), 1);
  ahead.fetch();
  before = after = 3;
  EXPECT_EQ(ahead.get<std::uint8_t>(address_of(&before)), 1);
  EXPECT_EQ(ahead.get<std::uint8_t>(address_of(&after)), 2) << "lies behind what could not be read";
  EXPECT_EQ(ahead.get<std::uint8_t>(address_of(first + page - 1)), 7) << "is there, although not all around it is";
  EXPECT_FALSE(ahead.get<std::uint8_t>(address_of(first + page)).has_value());
  ::munmap(pages, page);
}

}  // namespace
}  // namespace rh::profiles::python
