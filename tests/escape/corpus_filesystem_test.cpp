// Group A of the corpus: files that the command was not given.
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

TEST_F(Corpus, A02_AppendsToAFileOfTheSameUserOutsideTheWorkspace) {
  const fs::path victim = outside("victim", "intact\n");
  const Ran control = uncaged("append", {victim});
  EXPECT_EQ(control.said("append " + victim.string()), "ok");
  EXPECT_EQ(*read_file(victim), "intact\nx");
  (void)outside("victim", "intact\n");
  const Ran ran = caged("append", {victim});
  EXPECT_EQ(ran.said("append " + victim.string()), refused_write()) << ran.everything();
  EXPECT_EQ(*read_file(victim), "intact\n");
}

}  // namespace
}  // namespace rh::escape
