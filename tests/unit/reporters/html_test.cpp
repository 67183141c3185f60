#include <cstring>

#include <gmock/gmock.h>
#include <zlib.h>

#include "reporters/packing.h"
#include "reporters/reporter.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (c == '=') break;
    group = group << 6 | static_cast<std::uint32_t>(std::strchr(digits, c) - digits);
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8));
  }
  return bytes;
}

std::string gunzip(std::string bytes) {
  std::string text(1U << 20, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

TEST(Base64, PadsLikeTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(Gzip, PacksAnyLength) {
  for (const std::size_t length : {0U, 1U, 65'536U, 300'001U}) {
    std::string text(length, 'a');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i * i >> 3);
    EXPECT_EQ(gunzip(gzip(text).value()), text);
  }
}

TEST(Html, HoldsTheReportAndNothingThatATestWrote) {
  const model::RunReport report = golden::make_report();
  const std::string page = render_html(report).value();
  const std::string open = "<script id=\"rh-data\" type=\"application/octet-stream\" data-encoding=\"gzip+base64\">";
  const std::size_t begin = page.find(open);
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = page.find("</script>", begin);
  const std::string data = page.substr(begin + open.size(), end - begin - open.size());
  EXPECT_EQ(gunzip(from_base64(data)), render_json(report).value());
  EXPECT_EQ(page.find("RUNHARNESS_DATA"), std::string::npos);
  EXPECT_EQ(page.find("|pipe|"), std::string::npos);
  EXPECT_EQ(render_html(report).value(), page);
}

}  // namespace
}  // namespace rh::reporters
