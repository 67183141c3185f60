// What the captured output of a Rust test says about its failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rh::collectors {

struct RustFailure {
  std::string message;  // one line: the panic's message, or the Err that the test returned
  std::string file;     // relative as rustc was given it; empty for code outside of the project
  std::optional<std::uint32_t> line;
};

// The last panic of the test's own thread, because earlier ones may have been caught on purpose and those
// of other threads expected; else the first panic.
[[nodiscard]] RustFailure find_rust_failure(std::string_view output, std::string_view test);

// libtest's remark about a test that should have panicked names the place of the test.
void locate_rust_note(RustFailure& failure, std::string_view note);

}  // namespace rh::collectors
