#include "profiles/native/program_language.h"

#include <cctype>

namespace rh::profiles::native {
namespace {

// The version number at the start of the text: digits and dots.
std::string version_at(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < 32 &&
         (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.'))
    ++end;
  return std::string(text.substr(0, end));
}

}  // namespace

std::string runtime_of(const ElfFile& elf) {
  // src/debug/buildinfo of Go: a header of 32 bytes, then the version with its length before it.
  if (const auto info = elf.section_ending(".go.buildinfo")) {
    const std::size_t at = info->bytes.find("go1.");
    return at == std::string_view::npos || at > 64 ? "Go" : "Go " + version_at(info->bytes.substr(at + 2));
  }
  // Compilers leave their names in .comment.
  if (const auto comment = elf.section_ending(".comment")) {
    constexpr std::string_view kRust = "rustc version ";
    const std::size_t at = comment->bytes.find(kRust);
    if (at != std::string_view::npos) return "Rust " + version_at(comment->bytes.substr(at + kRust.size()));
  }
  return "native";
}

}  // namespace rh::profiles::native
