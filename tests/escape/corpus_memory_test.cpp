// Group C of the corpus: more memory and more CPU time than was given.
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

using model::Ending;

TEST_F(Corpus, C01_OneProcessTouchesMoreThanItsLimit) {
  const std::string bytes = std::to_string(192U << 20);
  EXPECT_EQ(uncaged("touch", {bytes}).code(), 0);
  const Ran ran = caged("touch", {bytes}, [](auto& spec) { spec.limits.memory_bytes = 64U << 20; });
  EXPECT_EQ(ran.record.ending, Ending::memory) << ran.everything();
  EXPECT_EQ(ran.out, "");
}

}  // namespace
}  // namespace rh::escape
