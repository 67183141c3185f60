// Group B of the corpus: processes that would outlive the run, or reach others.
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

using model::Ending;

TEST_F(Corpus, B02_DoubleForkedDaemonSleepsPastTheMainExit) {
  const Ran control = uncaged("daemon", {"60"});
  EXPECT_EQ(control.said("daemon"), "ok");
  EXPECT_EQ(control.survivors.size(), 1U) << "the control's daemon has to outlive it";
  const Ran ran = caged("daemon", {"60"});
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.said("daemon"), "ok");
  ASSERT_EQ(ran.record.leftovers.size(), 1U);
  EXPECT_NE(ran.record.leftovers[0].command.find("escape_probe daemon 60"), std::string::npos);
}

}  // namespace
}  // namespace rh::escape
