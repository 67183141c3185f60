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
  const Ran ran = caged("status", {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"});
  for (const std::string& key : keys) {
    // Without any capability the bounding set cannot be emptied; no_new_privs keeps it from mattering.
    if (column() == Column::no_userns && key == "CapBnd") continue;
    EXPECT_EQ(ran.said(key), "0000000000000000") << key;
  }
  EXPECT_EQ(ran.said("NoNewPrivs"), "1");
}

}  // namespace
}  // namespace rh::escape
