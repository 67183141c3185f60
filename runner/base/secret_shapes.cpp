// Every shape decides within a few hundred bytes, so that a stream need hold back no more; what a long
// secret goes on with is dropped without being held.
#include "runner/base/secret_shapes.h"

#include <algorithm>

namespace rh {
namespace {

constexpr std::size_t kLongestHeader = 4096;  // of a JWT
constexpr std::size_t kLongestUser = 128, kLongestPassword = 256;
constexpr std::string_view kRedacted = "[redacted:";

constexpr bool is_alnum(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::array<std::uint8_t, 256> make_sets() {
  std::array<std::uint8_t, 256> sets{};
  for (unsigned i = 0; i < sets.size(); ++i) {
    const auto c = static_cast<unsigned char>(i);
    const bool alnum = is_alnum(c);
    const auto is_in = [c](std::string_view bytes) {
      return bytes.find(static_cast<char>(c)) != std::string_view::npos;
    };
    std::uint8_t set = 0;
    if (alnum) set |= kAlnum;
    if (alnum && (c < 'a' || c > 'z')) set |= kUpperAlnum;
    if (alnum || c == '_') set |= kWord;
    if (alnum || is_in("_-")) set |= kToken;
    if (alnum || is_in("_-.")) set |= kJwt;
    if (c > ' ' && c < 0x7f && !is_in("\"'`\\,;<>(){}[]")) set |= kOpaque;
    if (alnum || is_in("+/=")) set |= kPem;
    if (c > ' ' && c != 0x7f && !is_in("\"'`\\<>/@?#")) set |= kUser;
    sets[i] = set;
  }
  return sets;
}
constexpr std::array<std::uint8_t, 256> kSets = make_sets();

std::size_t run_of(std::uint8_t set, std::string_view text, std::size_t from, std::size_t most) {
  const std::size_t end = std::min(text.size(), most > text.size() - from ? text.size() : from + most);
  std::size_t at = from;
  while (at < end && (kSets[static_cast<unsigned char>(text[at])] & set) != 0) ++at;
  return at - from;
}

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

// In text that was written as JSON the 'n' of "\n" is no letter of a word.
bool follows_a_word(std::array<char, 2> before) {
  const bool letter = (kSets[static_cast<unsigned char>(before[1])] & kWord) != 0;
  return letter && before[0] != '\\';
}

ShapeMatch ran_out(bool last) { return {last ? ShapeMatch::no : ShapeMatch::need_more, 0, 0, kNoBytes}; }

// A prefix and enough bytes of a set.
ShapeMatch match_token(const Shape& shape, std::string_view text, std::array<char, 2> before, bool last) {
  if (shape.own_word && follows_a_word(before)) return {};
  const std::size_t begin = shape.prefix.size();
  const std::size_t run = run_of(shape.set, text, begin, shape.least + 1);
  const bool at_end = begin + run == text.size();
  if (run < shape.least) return at_end ? ran_out(last) : ShapeMatch{};
  if (shape.exact && run > shape.least) return {};
  if (shape.exact && at_end && !last) return ran_out(last);
  if (shape.has_digit && !has_digit(text.substr(begin, run))) return {};
  return {ShapeMatch::yes, 0, begin + run, shape.exact ? std::uint8_t{kNoBytes} : shape.set};
}

// Header and payload are JSON objects, which base64 begins with "eyJ".
ShapeMatch match_jwt(const Shape& shape, std::string_view text, std::array<char, 2> before, bool last) {
  if (follows_a_word(before)) return {};
  constexpr std::string_view kPayload = ".eyJ";
  const std::size_t header = run_of(kToken, text, 0, kLongestHeader);
  if (header == text.size() && header < kLongestHeader) return ran_out(last);
  if (header < shape.least || header == kLongestHeader) return {};
  const std::string_view rest = text.substr(header, kPayload.size());
  if (rest.size() < kPayload.size() && kPayload.starts_with(rest)) return ran_out(last);
  if (rest != kPayload) return {};
  return {ShapeMatch::yes, 0, header + kPayload.size(), kJwt};
}

// "-----BEGIN [RSA |EC |OPENSSH |...]PRIVATE KEY-----", also "... PRIVATE KEY BLOCK-----".
ShapeMatch match_pem(const Shape& shape, std::string_view text, std::array<char, 2>, bool last) {
  constexpr std::size_t kLongestTitle = 48;
  const std::size_t begin = shape.prefix.size();
  const std::size_t dashes = text.substr(0, begin + kLongestTitle).find("-----", begin);
  if (dashes == std::string_view::npos) return text.size() < begin + kLongestTitle ? ran_out(last) : ShapeMatch{};
  if (text.substr(begin, dashes - begin).find("PRIVATE KEY") == std::string_view::npos) return {};
  return {ShapeMatch::yes, 0, dashes + 5, kPem};
}

bool is_scheme(std::string_view word) {
  constexpr std::string_view kSchemes[] = {"Bearer", "bearer", "Basic",  "basic",
                                           "Token",  "token",  "ApiKey", "Negotiate"};
  return std::find(std::begin(kSchemes), std::end(kSchemes), word) != std::end(kSchemes);
}

// "Authorization: Bearer abc", "authorization": "Basic abc", -H 'Authorization: token abc'.
ShapeMatch match_authorization(const Shape& shape, std::string_view text, std::array<char, 2>, bool last) {
  constexpr std::size_t kMostBetween = 8, kLeastWithScheme = 8, kLeastWithout = 16;
  std::size_t at = shape.prefix.size();
  bool is_header = false;
  for (; at < text.size() && at < shape.prefix.size() + kMostBetween; ++at) {
    if (text[at] == ':') is_header = true;
    if (std::string_view(" \t\"':=\\,").find(text[at]) == std::string_view::npos) break;
  }
  if (at == text.size()) return ran_out(last);
  std::size_t run = run_of(kOpaque, text, at, kLeastWithout);
  if (at + run == text.size() && run < kLeastWithout && !last) return ran_out(last);
  std::size_t least = kLeastWithout;
  if (at + run < text.size() && text[at + run] == ' ' && is_scheme(text.substr(at, run))) {
    at += run + 1;
    least = kLeastWithScheme;
    run = run_of(kOpaque, text, at, least);
    if (at + run == text.size() && run < least && !last) return ran_out(last);
  } else if (!is_header || !has_digit(text.substr(at, run))) {
    return {};
  }
  if (run < least) return {};
  return {ShapeMatch::yes, at, run, kOpaque};
}

// "Bearer abc" by itself; prose goes on with a word.
ShapeMatch match_bearer(const Shape& shape, std::string_view text, std::array<char, 2> before, bool last) {
  ShapeMatch match = match_token(shape, text, before, last);
  if (match.verdict == ShapeMatch::yes) match.keep = shape.prefix.size(), match.length -= match.keep;
  return match;
}

// "://user:password@"; the user stays.
ShapeMatch match_url(const Shape& shape, std::string_view text, std::array<char, 2>, bool last) {
  const std::size_t begin = shape.prefix.size();
  const std::string_view authority = text.substr(begin, kLongestUser + kLongestPassword);
  const std::size_t run = run_of(kUser, authority, 0, authority.size());
  const std::size_t colon = authority.substr(0, run).find(':');
  if (run == authority.size())
    return authority.size() < kLongestUser + kLongestPassword && run + begin == text.size() ? ran_out(last)
                                                                                            : ShapeMatch{};
  if (colon == std::string_view::npos || colon > kLongestUser || authority[run] != '@') return {};
  const std::string_view password = authority.substr(colon + 1, run - colon - 1);
  const bool shown = authority.substr(0, colon).find('[') != std::string_view::npos || password.starts_with("%s") ||
                     password.empty() || password.starts_with('$') || password.starts_with(kRedacted) ||
                     password.find_first_not_of('*') == std::string_view::npos;
  if (shown) return {};
  return {ShapeMatch::yes, begin + colon + 1, password.size(), kNoBytes};
}

}  // namespace

std::uint8_t byte_sets(unsigned char byte) { return kSets[byte]; }

const std::vector<Shape>& secret_shapes() {
  static const std::vector<Shape> shapes = {
      {"github-token", "ghp_", match_token, kWord, 36},
      {"github-token", "gho_", match_token, kWord, 36},
      {"github-token", "ghu_", match_token, kWord, 36},
      {"github-token", "ghs_", match_token, kWord, 36},
      {"github-token", "ghr_", match_token, kWord, 36},
      {"github-token", "github_pat_", match_token, kWord, 36},
      {"gitlab-token", "glpat-", match_token, kToken, 20},
      {"gitlab-token", "glrt-", match_token, kToken, 20},
      {"gitlab-token", "gldt-", match_token, kToken, 20},
      {"aws-access-key", "AKIA", match_token, kUpperAlnum, 16, true, true},
      {"aws-access-key", "ASIA", match_token, kUpperAlnum, 16, true, true},
      {"slack-token", "xoxb-", match_token, kToken, 10, false, true, true},
      {"slack-token", "xoxp-", match_token, kToken, 10, false, true, true},
      {"slack-token", "xoxa-", match_token, kToken, 10, false, true, true},
      {"slack-token", "xoxr-", match_token, kToken, 10, false, true, true},
      {"slack-token", "xoxs-", match_token, kToken, 10, false, true, true},
      {"slack-token", "xapp-", match_token, kToken, 20, false, true, true},
      {"slack-webhook", "hooks.slack.com/services/", match_token, kOpaque, 20},
      {"google-api-key", "AIza", match_token, kToken, 35, false, true},
      {"google-secret", "GOCSPX-", match_token, kToken, 20},
      {"npm-token", "npm_", match_token, kAlnum, 36},
      {"pypi-token", "pypi-", match_token, kToken, 32, false, true, true},
      {"docker-token", "dckr_pat_", match_token, kToken, 20},
      {"digitalocean-token", "dop_v1_", match_token, kAlnum, 40},
      {"huggingface-token", "hf_", match_token, kAlnum, 30, false, true},
      {"stripe-key", "sk_live_", match_token, kAlnum, 16},
      {"stripe-key", "rk_live_", match_token, kAlnum, 16},
      {"api-key", "sk-ant-", match_token, kToken, 20},
      {"api-key", "sk-proj-", match_token, kToken, 20},
      {"jwt", "eyJ", match_jwt, kToken, 12},
      {"private-key", "-----BEGIN ", match_pem},
      {"authorization", "Authorization", match_authorization},
      {"authorization", "authorization", match_authorization},
      {"authorization", "AUTHORIZATION", match_authorization},
      {"authorization", "Bearer ", match_bearer, kOpaque, 16, false, true, true},
      {"authorization", "bearer ", match_bearer, kOpaque, 16, false, true, true},
      {"url-password", "://", match_url},
  };
  return shapes;
}

}  // namespace rh
