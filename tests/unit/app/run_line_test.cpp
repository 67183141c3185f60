// The command-line library is the oracle: a line that is read without it is read as by it.
#include "runner/app/run_line.h"

#include <gtest/gtest.h>

#include "runner/app/options.h"

namespace rh::app {
namespace {

using Words = std::vector<std::string>;

ParsedLine by_library(const Words& words) {
  std::vector<const char*> argv{"runharness"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_by_library(static_cast<int>(argv.size()), argv.data());
}

void expect_same(const CommandLine& ours, const CommandLine& theirs) {
  EXPECT_EQ(ours.command, theirs.command);
  EXPECT_EQ(ours.paths, theirs.paths);
  EXPECT_EQ(ours.settings, theirs.settings);
  EXPECT_EQ(ours.flags, theirs.flags);
  EXPECT_EQ(ours.extra_args, theirs.extra_args);
  EXPECT_EQ(ours.config_file, theirs.config_file);
  EXPECT_EQ(ours.no_config, theirs.no_config);
  EXPECT_EQ(ours.cwd, theirs.cwd);
  EXPECT_EQ(ours.copy_changes, theirs.copy_changes);
  EXPECT_EQ(ours.artifacts_dir, theirs.artifacts_dir);
  EXPECT_EQ(ours.artifacts, theirs.artifacts);
  EXPECT_EQ(ours.apply, theirs.apply);
  EXPECT_EQ(ours.json, theirs.json);
  EXPECT_EQ(ours.verbose, theirs.verbose);
}

TEST(RunLine, ReadsWhatTheLibraryReads) {
  const Words lines[] = {
      {"run", "true"},
      {"run", "--", "true"},
      {"run", "--", "--preset", "strict"},
      {"run", "--", "--", "x"},
      {"run", "-", "x"},
      {"run", "--preset", "strict", "--", "/bin/true"},
      {"run", "--preset=strict", "sh", "-c", "exit 3"},
      {"run", "--memory", "512M", "--timeout=1m", "--pids", "64", "make", "--json"},
      {"run", "--memory", "1G", "--memory", "2G", "true"},
      {"run", "--rw", "/a", "--rw", "/b", "--ro=/c", "--hide", "/d", "true"},
      {"run", "--env", "A=b=c", "--env=B", "--pass-env", "LC_*", "true"},
      {"run", "--net", "none", "true"},
      {"run", "--network=host", "true"},
      {"run", "--json", "-v", "--apply", "--no-config", "true"},
      {"run", "--verbose", "--json", "--json", "true"},
      {"run", "--cwd", "/tmp", "--config=x.toml", "--copy-changes", "out", "--artifacts-dir", "a", "true"},
      {"run", "--artifact", "*.xml", "--artifact=b", "true"},
      {"run", "--require", "memory,pids", "--require-isolation", "strict", "true"},
      {"run", "--env", "A=", "true"},
  };
  for (const Words& words : lines) {
    SCOPED_TRACE(testing::PrintToString(words));
    const auto ours = read_run_line(words);
    const ParsedLine theirs = by_library(words);
    ASSERT_TRUE(ours);
    ASSERT_TRUE(theirs.run) << theirs.text;
    expect_same(*ours, theirs.line);
  }
}

TEST(RunLine, LeavesTheRestToTheLibrary) {
  const Words lines[] = {
      {"run"},
      {"run", "--"},
      {"run", "--help"},
      {"run", "-h", "true"},
      {"run", "--no-such", "true"},
      {"run", "--mem", "1G", "true"},
      {"run", "--memory"},
      {"run", "--memory=", "true"},
      {"run", "--memory", "--", "true"},
      {"run", "--json=false", "true"},
      {"run", "--cwd", "/a", "--cwd", "/b", "true"},
      {"run", "-vx", "true"},
      {"run", "--only", "x", "true"},  // of `test`
  };
  for (const Words& words : lines) EXPECT_FALSE(read_run_line(words)) << testing::PrintToString(words);
}

}  // namespace
}  // namespace rh::app
