// Group D of the corpus: output that floods, deceives or reaches a terminal.
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

TEST_F(Corpus, D08_WritesToTheTerminalOfTheCaller) {
  const Attack attack = this->attack("terminal", {});
  EXPECT_EQ(attack.free.said("write /dev/tty"), "ok");
  EXPECT_EQ(attack.caged.said("open /dev/tty"), "ENXIO") << attack.caged.everything();
}

}  // namespace
}  // namespace rh::escape
