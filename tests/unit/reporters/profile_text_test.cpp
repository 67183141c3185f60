#include "reporters/profile/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiles/analysis/diff.h"
#include "profiles/analysis/summary.h"
#include "reporters/plain_text.h"
#include "reporters/profile/text_parts.h"
#include "runner/base/text.h"
#include "tests/golden/profile_fixture.h"

namespace rh::reporters {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string shown(const model::Profile& profile, const TerminalOptions& terminal) {
  return profile_to_text(profile, profiles::summarize(profile), {.terminal = terminal});
}

TEST(ProfileText, NoLineIsWiderThanTheTerminal) {
  for (const unsigned columns : {60U, 80U, 120U})
    for (const std::string_view line : split_lines(shown(golden::make_profile(), {.columns = columns})))
      EXPECT_LE(width_of(line), columns) << line;
}

TEST(ProfileText, ColorsOnlyWhereWanted) {
  EXPECT_THAT(shown(golden::make_profile(), {.color = true}), HasSubstr("\x1b["));
  EXPECT_THAT(shown(golden::make_profile(), {}), Not(HasSubstr("\x1b[")));
  EXPECT_EQ(strip_ansi(shown(golden::make_profile(), {.color = true})), shown(golden::make_profile(), {}));
}

TEST(ProfileText, NamesOfTheProgramCannotDriveTheTerminal) {
  model::Profile profile = golden::make_profile();
  for (model::ProfileFrame& frame : profile.frames) frame.name += "\x1b[31m\r\n";
  profile.command = {"python3", "\x1b]0;title\x07"};
  profile.diagnostics[0].message = "a\x1b[2Jb";
  const std::string text = shown(profile, {});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(ProfileText, WithoutSamplesItSaysSo) {
  const std::string text = shown(golden::make_empty_profile(), {});
  EXPECT_THAT(text, HasSubstr("exit code 1 after 9 ms, CPU 8 ms"));
  EXPECT_THAT(text, HasSubstr("no samples were taken: the figures above are measured, not sampled"));
}

TEST(ProfileText, LongPlacesLoseTheirFoldersFirst) {
  EXPECT_EQ(place("run", "a/b/c/d.py", 12, 40), "run (a/b/c/d.py:12)");
  EXPECT_EQ(place("run", "a/b/c/d.py", 12, 18), "run (.../d.py:12)");
  EXPECT_EQ(place("a_very_long_function_name", "a/b/c/d.py", 12, 30), "a_very_long_f... (.../d.py:12)");
}

TEST(ProfileText, ADiffTellsWhatChangedAndWhatFailed) {
  auto diff = profiles::diff_profiles(golden::make_profile(), golden::make_changed_profile(), model::ProfileClock::cpu);
  ASSERT_TRUE(profiles::judge_diff(
      diff, {profiles::parse_diff_rule("Tokenizer.next>5%").value(), profiles::parse_diff_rule("main>5%").value()}));
  const std::string text = profile_diff_to_text(diff, {});
  EXPECT_THAT(text, HasSubstr("FAILED Tokenizer.next>5%: total share of Tokenizer.next"));
  EXPECT_THAT(text, HasSubstr("passed main>5%"));
  const std::string colored = profile_diff_to_text(diff, {.terminal = {.color = true}});
  EXPECT_THAT(colored, HasSubstr("\x1b[2mWorker.run"));  // unchanged: grey
}

}  // namespace
}  // namespace rh::reporters
