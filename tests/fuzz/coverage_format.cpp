// Fuzz target of a reader of coverage files; RH_FUZZ_READ is the reader. Promises: all text is valid
// UTF-8 and what is read twice is read the same.
#include <cstdint>
#include <string_view>

#include "collectors/coverage/reader.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto read = rh::collectors::RH_FUZZ_READ(input, {"input"});
  const auto again = rh::collectors::RH_FUZZ_READ(input, {"input"});
  rh::fuzz::require(read.has_value() == again.has_value(), "the same input gives the same result");
  if (!read) {
    rh::fuzz::require(!read.error().what.empty(), "an error says what was wrong");
    rh::fuzz::require_utf8(read.error().message(), "an error is valid UTF-8");
    return 0;
  }
  rh::fuzz::require(read->files.size() == again->files.size(), "the same input gives the same files");
  for (const auto& file : read->files) {
    rh::fuzz::require_utf8(file.path, "a path is valid UTF-8");
    for (const auto& function : file.functions) rh::fuzz::require_utf8(function.name, "a name is valid UTF-8");
    for (const auto& branch : file.branches) rh::fuzz::require_utf8(branch.branch, "a branch is valid UTF-8");
  }
  for (const auto& diagnostic : read->diagnostics)
    rh::fuzz::require_utf8(diagnostic.message, "a diagnostic is valid UTF-8");
  return 0;
}
