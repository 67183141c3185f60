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

[[nodiscard]] RustFailure find_rust_failure(std::string_view output);

}  // namespace rh::collectors
