// names_a_secret: by the words of a name. "_", "-", "." and a change of case part them.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "runner/base/redact.h"

namespace rh {
namespace {

// Found anywhere in the name, however it is written.
constexpr std::string_view kAnywhere[] = {"TOKEN",      "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE",
                                          "CREDENTIAL", "COOKIE", "APIKEY",   "SSHPASS"};
// Found as a word of the name.
const std::set<std::string_view> kWords = {"KEY", "KEYS", "PASS", "AUTH", "OAUTH", "OAUTH2", "PRIVATE", "PAT", "JWT"};
// Names that look alike and hold nothing secret.
constexpr std::string_view kHarmless[] = {"TOKENIZER", "KEYBOARD", "XAUTHORITY", "SSH_AUTH_SOCK"};
// What AWS_* holds besides keys.
const std::set<std::string_view> kHarmlessOfAws = {
    "AWS_REGION",          "AWS_DEFAULT_REGION", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_DEFAULT_OUTPUT", "AWS_OUTPUT",
    "AWS_PAGER",           "AWS_CONFIG_FILE",    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_SDK_LOAD_CONFIG", "AWS_EXECUTION_ENV",  "AWS_CA_BUNDLE",
    "AWS_ENDPOINT_URL",    "AWS_PARTITION"};
// What such a name ends with when it names a place, a time or a switch instead of holding the secret.
constexpr std::string_view kPlaces[] = {"_FILE", "_PATH",    "_DIR", "_SOCK",   "_HOST",
                                        "_PORT", "_ENABLED", "_TTL", "_LENGTH", "_NAME"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// "dbPassKey" -> "DB_PASS_KEY"
std::string upper_words(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is_upper(c) && i > 0 && is_lower(name[i - 1])) text += '_';
    if (is_lower(c))
      text += static_cast<char>(c - 'a' + 'A');
    else
      text += is_upper(c) || (c >= '0' && c <= '9') ? c : '_';
  }
  return text;
}

}  // namespace

bool names_a_secret(std::string_view name) {
  const std::string upper = upper_words(name);
  const auto is_in = [&](std::string_view part) { return upper.find(part) != std::string::npos; };
  if (std::any_of(std::begin(kHarmless), std::end(kHarmless), is_in)) return false;
  if (upper.starts_with("AWS_")) return kHarmlessOfAws.count(upper) == 0;
  if (std::any_of(std::begin(kPlaces), std::end(kPlaces), [&](std::string_view end) { return upper.ends_with(end); }))
    return false;
  if (std::any_of(std::begin(kAnywhere), std::end(kAnywhere), is_in)) return true;
  for (std::size_t begin = 0; begin <= upper.size();) {
    const std::size_t end = std::min(upper.find('_', begin), upper.size());
    if (kWords.count(std::string_view(upper).substr(begin, end - begin)) > 0) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace rh
