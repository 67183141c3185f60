#include "runner/agent/digest.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <sys/random.h>

#include <array>

namespace rh::agent {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

const std::uint8_t* data_of(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  sha256_ctx context;
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_init(&context);
  sha256_update(&context, bytes.size(), data_of(bytes));
  sha256_digest(&context, digest.size(), digest.data());
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  hmac_sha256_ctx context;
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  hmac_sha256_set_key(&context, key.size(), data_of(key));
  hmac_sha256_update(&context, bytes.size(), data_of(bytes));
  hmac_sha256_digest(&context, digest.size(), digest.data());
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool same_digest(std::string_view a, std::string_view b) {
  return a.size() == b.size() && nettle_memeql_sec(a.data(), b.data(), a.size()) != 0;
}

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got = ::getrandom(bytes.data() + have, count - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("get random bytes", "getrandom");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::string> random_hex(std::size_t bytes) {
  RH_TRY(const std::string random, random_bytes(bytes));
  return hex(random);
}

}  // namespace rh::agent
