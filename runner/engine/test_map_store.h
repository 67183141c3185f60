// Who tests what, kept from run to run: the newest map of each suite with what is needed to tell later which of its
// tests a change reaches. One file per suite below .runharness/test-maps, replaced as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/test_map.h"

namespace rh::engine {

// A test as results name it, and how it ended the last time that it ran.
struct KnownTest {
  model::TestId id;
  bool failed = false;  // or never ended
  auto operator<=>(const KnownTest&) const = default;
};

struct StoredMap {
  std::string run;                            // the run that wrote it last
  std::string commit;                         // of that run; empty without git
  std::string environment;                    // what the tests ran with: versions of the tools
  model::TestMap map;                         // every file with its source_hash
  std::vector<KnownTest> tests;               // sorted
  std::vector<model::TestId> opaque;          // sorted entries of `map` that started other programs: lines unknown
  std::map<std::string, std::string> files;   // what the repository held: path -> blob id
  std::vector<std::string> written_by_tests;  // sorted paths that change while the tests run
  std::map<std::string, std::string> texts;   // of measured files that git does not have, by blob id
};

constexpr std::uint64_t kMaxStoredMapBytes = 256ULL << 20;  // of the file, packed
constexpr std::uint64_t kMaxMapBytes = 2ULL << 30;          // unpacked

[[nodiscard]] std::filesystem::path test_map_file(const std::filesystem::path& state, const std::string& slug);
// `not_found` when there is none; `parse` or `unsupported` for a file that is damaged or of a newer version.
[[nodiscard]] Result<StoredMap> read_test_map(const std::filesystem::path& state, const std::string& slug);
[[nodiscard]] Result<void> write_test_map(const std::filesystem::path& state, const std::string& slug,
                                          const StoredMap& map);

// The bytes of such a file, for write and read.
[[nodiscard]] Result<std::string> pack_test_map(const StoredMap& map);
[[nodiscard]] Result<StoredMap> unpack_test_map(std::string_view bytes, const std::string& subject);

}  // namespace rh::engine
