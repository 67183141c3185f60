#include "tests/golden/page_sections.h"

#include <array>
#include <cstdint>

#include <zlib.h>

namespace rh::golden {

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    group = group << 6 | static_cast<std::uint32_t>(kDigits.find(c));
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8));
  }
  return bytes;
}

std::string gunzip(std::string bytes) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<Bytef, 1U << 16> buffer;
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_out = buffer.data();
    stream.avail_out = static_cast<uInt>(buffer.size());
    code = inflate(&stream, Z_NO_FLUSH);
    text.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END ? text : std::string();
}

std::vector<std::pair<std::string, std::string>> sections_of(std::string_view page) {
  constexpr std::string_view kOpen = "<script id=\"", kType = "\" type=\"application/octet-stream\"";
  std::vector<std::pair<std::string, std::string>> sections;
  for (std::size_t at = page.find(kOpen); at != std::string_view::npos; at = page.find(kOpen, at)) {
    at += kOpen.size();
    const std::size_t name_end = page.find('"', at);
    const std::string name(page.substr(at, name_end - at));
    if (!page.substr(name_end).starts_with(kType)) continue;
    const std::size_t begin = page.find('>', name_end) + 1, end = page.find("</script>", begin);
    sections.emplace_back(name, gunzip(from_base64(page.substr(begin, end - begin))));
    at = end;
  }
  return sections;
}

}  // namespace rh::golden
