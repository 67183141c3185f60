#include "reporters/packing.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/core.h>
#include <zlib.h>

namespace rh::reporters {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for a gzip header
constexpr int kMemoryLevel = 8;
constexpr std::size_t kMaxPiece = 1U << 30;  // zlib counts its input in 32 bits

}  // namespace

Result<std::string> gzip(std::string_view bytes) {
  z_stream stream{};
  if (const int code =
          deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
      code != Z_OK)
    return fail(ErrorKind::internal, fmt::format("compress the report: zlib error {}", code));
  std::string packed;
  std::array<Bytef, 1U << 16> buffer;
  int code = Z_OK;
  while (code == Z_OK) {
    const std::string_view piece = bytes.substr(0, kMaxPiece);
    bytes.remove_prefix(piece.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib only reads it
    stream.avail_in = static_cast<uInt>(piece.size());
    do {
      stream.next_out = buffer.data();
      stream.avail_out = static_cast<uInt>(buffer.size());
      code = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
      packed.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream.avail_out);
    } while (code == Z_OK && stream.avail_out == 0);
  }
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return fail(ErrorKind::internal, fmt::format("compress the report: zlib error {}", code));
  return packed;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : std::uint32_t{0});
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? kDigits[group >> (18 - 6 * j) & 63U] : '=';
  }
  return text;
}

}  // namespace rh::reporters
