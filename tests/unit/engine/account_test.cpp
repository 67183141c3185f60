#include "runner/engine/account.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "+::::::\n"
    "short:x:1000\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    "odd:x:1001:1001::relative:/bin/sh\n"
    "ann:x:1000:1000:Ann,,,:/home/ann:/bin/sh";

TEST(Account, FindsTheHomeOfAUid) {
  EXPECT_EQ(home_in_passwd(kPasswd, 0), "/root");
  EXPECT_EQ(home_in_passwd(kPasswd, 65534), "/nonexistent");
  EXPECT_EQ(home_in_passwd(kPasswd, 1000), "/home/ann");
}

TEST(Account, SaysNothingOfOthers) {
  EXPECT_EQ(home_in_passwd(kPasswd, 1001), std::nullopt) << "a relative home";
  EXPECT_EQ(home_in_passwd(kPasswd, 7), std::nullopt);
  EXPECT_EQ(home_in_passwd("", 0), std::nullopt);
}

}  // namespace
}  // namespace rh::engine
