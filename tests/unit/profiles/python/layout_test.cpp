#include "profiles/python/layout.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "profiles/python/runtime_locator.h"
#include "runner/base/text.h"
#include "tests/unit/profiles/python/interpreters.h"

namespace rh::profiles::python {
namespace {

const std::filesystem::path kGenerator = RUNHARNESS_SOURCE_DIR "/profiles/python/offsets/generate.py";

// ".name = 12," of a table in the text of layouts.inc.
std::map<std::string, std::string> rows_of(const std::string& text, int minor) {
  std::map<std::string, std::string> rows;
  const std::string head = fmt::format("{{\n    .minor = {},\n", minor);
  const std::size_t from = text.find(head);
  if (from == std::string::npos) return rows;
  for (const std::string_view line : split_lines(std::string_view(text).substr(from, text.find("},", from) - from)))
    if (const std::size_t at = line.find(" = "); at != std::string_view::npos)
      rows.emplace(trim(line.substr(0, at)), line.substr(at + 3));
  return rows;
}

class LayoutOf : public testing::TestWithParam<int> {};

TEST_P(LayoutOf, IsThatOfItsHeaders) {
  std::size_t compared = 0;
  for (const FoundPython& python : found_pythons()) {
    if (python.minor != GetParam()) continue;
    const std::string made = output_of({"/usr/bin/env", "python3", kGenerator, python.path});
    const auto rows = rows_of(made, python.minor);
    if (rows.empty()) continue;  // its headers are not installed
    const auto committed = read_file(kGenerator.parent_path() / "layouts.inc");
    ASSERT_TRUE(committed.has_value());
    EXPECT_EQ(rows, rows_of(*committed, python.minor)) << python.text;
    ++compared;
  }
  if (compared == 0) GTEST_SKIP() << "no CPython 3." << GetParam() << " with internal headers here";
}

INSTANTIATE_TEST_SUITE_P(Versions, LayoutOf, testing::Range(kOldestMinor, kNewestMinor + 1),
                         [](const auto& version) { return fmt::format("Python3{}", version.param); });

TEST(Layout, SomeInterpreterIsHere) {
  EXPECT_FALSE(found_pythons().empty()) << "no CPython 3.8 to 3.14 in ~/.pyenv, /usr/bin or RUNHARNESS_PYTHONS";
}

TEST(Layout, EveryVersionHasATable) {
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) ASSERT_NE(layout_of(minor), nullptr) << minor;
  EXPECT_EQ(layout_of(7), nullptr);
  EXPECT_EQ(layout_of(15), nullptr);
}

std::vector<std::uint8_t> debug_offsets(std::uint64_t version, std::uint64_t free_threaded) {
  std::vector<std::uint8_t> bytes(kDebugOffsetsBytes);
  std::memcpy(bytes.data(), "xdebugpy", 8);
  std::memcpy(bytes.data() + 8, &version, 8);
  std::memcpy(bytes.data() + 16, &free_threaded, 8);
  return bytes;
}

TEST(DebugOffsets, WhatARuntimeSaysOfItselfWins) {
  auto bytes = debug_offsets(0x030d02f0, 0);
  const std::uint64_t head = 4711;
  std::memcpy(bytes.data() + 40, &head, 8);  // runtime_state.interpreters_head
  const auto description = read_debug_offsets(bytes);
  ASSERT_TRUE(description.has_value());
  EXPECT_EQ(description->layout.interpreters_head, 4711U);
  EXPECT_EQ(description->version.text(), "3.13.2");
  EXPECT_FALSE(description->version.free_threaded);
}

TEST(DebugOffsets, OtherVersionsAndNonsenseAreErrors) {
  EXPECT_EQ(read_debug_offsets(debug_offsets(0x030f00f0, 0)).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(read_debug_offsets(debug_offsets(0x020700f0, 0)).error().kind, ErrorKind::unsupported);
  auto bytes = debug_offsets(0x030d00f0, 1);
  EXPECT_TRUE(read_debug_offsets(bytes)->version.free_threaded);
  std::memset(bytes.data() + 40, 0xff, 8);
  EXPECT_EQ(read_debug_offsets(bytes).error().kind, ErrorKind::parse);
  bytes[0] = 'y';
  EXPECT_EQ(read_debug_offsets(bytes).error().kind, ErrorKind::parse);
}

TEST(RuntimeLocator, VersionsInFileNames) {
  EXPECT_EQ(version_in_name("libpython3.11.so.1.0")->minor, 11);
  EXPECT_EQ(version_in_name("python3.8")->minor, 8);
  EXPECT_TRUE(version_in_name("libpython3.13t.so.1.0")->free_threaded);
  EXPECT_FALSE(version_in_name("python3.13")->free_threaded);
  EXPECT_FALSE(version_in_name("libpython2.7.so.1.0").has_value());
  EXPECT_FALSE(version_in_name("python").has_value());
  EXPECT_FALSE(version_in_name("node").has_value());
}

TEST(RuntimeLocator, MappingsOfAModuleWithItsZeroedData) {
  const auto mappings = read_mappings(
      "55d0c0000000-55d0c0001000 r--p 00000000 fe:00 131 /usr/bin/py thon3\n"
      "55d0c0002000-55d0c0003000 rw-p 00001000 fe:00 131 /usr/bin/py thon3\n"
      "55d0c0003000-55d0c0009000 rw-p 00000000 00:00 0 \n"
      "7ffc1a000000-7ffc1a021000 rw-p 00000000 00:00 0                          [stack]\n"
      "nonsense\n");
  ASSERT_EQ(mappings.size(), 3U);
  EXPECT_EQ(mappings[0].begin, 0x55d0c0000000U);
  EXPECT_EQ(mappings[0].path, "/usr/bin/py thon3");
  EXPECT_FALSE(mappings[0].writable);
  EXPECT_TRUE(mappings[2].writable);
  EXPECT_EQ(mappings[2].path, "/usr/bin/py thon3");
  EXPECT_NE(mappings[2].offset, 0U);
}

TEST(RuntimeLocator, AProgramThatIsNotPythonIsForeign) {
  RemoteMemory memory(getpid());
  EXPECT_EQ(locate_runtime(memory).presence, Presence::foreign);
}

}  // namespace
}  // namespace rh::profiles::python
