// The texts of uid and gid maps.
#include "sandbox/user_namespace.h"

#include <gtest/gtest.h>

namespace rh::sandbox {
namespace {

TEST(SwapMap, ExchangesTwoIdsAndKeepsTheRest) {
  EXPECT_EQ(swap_map(0, 65534, 100000), "0 65534 1\n1 1 65533\n65534 0 1\n65535 65535 34465\n");
  EXPECT_EQ(swap_map(1000, 65534, 65536), "0 0 1000\n1000 65534 1\n1001 1001 64533\n65534 1000 1\n65535 65535 1\n");
}

TEST(SwapMap, OrderDoesNotMatter) { EXPECT_EQ(swap_map(5, 2, 10), swap_map(2, 5, 10)); }

TEST(SwapMap, NeighboursAndEndsNeedNoEmptyExtents) {
  EXPECT_EQ(swap_map(0, 1, 2), "0 1 1\n1 0 1\n");
  EXPECT_EQ(swap_map(7, 7, 10), "0 0 10\n");
}

TEST(MappedRange, WholeNamespaceAndContainers) {
  EXPECT_EQ(mapped_range("         0          0 4294967295\n"), 4294967295U);
  EXPECT_EQ(mapped_range("         0       1000          1\n         1     100000      65536\n"), 65537U);
  EXPECT_EQ(mapped_range("      1000       1000          1\n"), 0U);
  EXPECT_EQ(mapped_range(""), 0U);
}

}  // namespace
}  // namespace rh::sandbox
