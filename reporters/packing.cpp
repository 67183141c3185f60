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

GzipStream::GzipStream() : stream_(std::make_unique<z_stream>()) {
  *stream_ = {};
  code_ = deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
}

GzipStream::~GzipStream() { deflateEnd(stream_.get()); }

void GzipStream::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    run(bytes.substr(0, kMaxPiece), Z_NO_FLUSH);
    bytes.remove_prefix(std::min(bytes.size(), kMaxPiece));
  }
}

void GzipStream::run(std::string_view bytes, int flush) {
  std::array<Bytef, 1U << 16> buffer;
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
  stream_->avail_in = static_cast<uInt>(bytes.size());
  while (code_ == Z_OK) {
    stream_->next_out = buffer.data();
    stream_->avail_out = static_cast<uInt>(buffer.size());
    code_ = deflate(stream_.get(), flush);
    packed_.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream_->avail_out);
    if (stream_->avail_out != 0) break;
  }
  if (code_ == Z_BUF_ERROR) code_ = Z_OK;  // nothing was left to do
}

Result<std::string> GzipStream::finish() {
  run({}, Z_FINISH);
  if (code_ != Z_STREAM_END) return fail(ErrorKind::internal, fmt::format("compress the report: zlib error {}", code_));
  return std::move(packed_);
}

Result<std::string> gzip(std::string_view bytes) {
  GzipStream stream;
  stream.feed(bytes);
  return stream.finish();
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
