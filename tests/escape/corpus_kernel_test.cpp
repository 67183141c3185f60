// Group E of the corpus: system calls that no test suite needs, and privileges.
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

TEST_F(Corpus, E12_CapabilitiesAreGone) {
  const Words keys{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
  const Ran control = uncaged("status", keys);
  if (column() == Column::root)
    EXPECT_NE(control.said("CapEff"), "0000000000000000");
  else
    weaker_control("an ordinary user has no capabilities to lose");
  const Ran ran = caged("status", keys);
  for (const std::string& key : keys) EXPECT_EQ(ran.said(key), "0000000000000000") << key;
}

}  // namespace
}  // namespace rh::escape
