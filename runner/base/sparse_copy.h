// Copies the data of a file and leaves its holes out: a file that claims a terabyte and holds a page
// costs a page.
#pragma once

#include <cstdint>
#include <string>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh {

// From the start of `from` to the start of `to`, an empty file, which then has the size of `from`.
// Fails when `from` holds more than `most` bytes of data. `subject` names the file in errors.
[[nodiscard]] Result<std::uint64_t> copy_data(BorrowedFd from, BorrowedFd to, std::uint64_t most,
                                              const std::string& subject);

// What copy_data would copy; it stops counting beyond `most`.
[[nodiscard]] Result<std::uint64_t> data_bytes(BorrowedFd file, std::uint64_t most, const std::string& subject);

}  // namespace rh
