#include "profiles/export/json_text.h"

#include <nlohmann/json.hpp>

namespace rh::profiles {

void append_text(std::string& json, std::string_view text) { json += json_text(text); }

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_decimal(std::string& json, std::int64_t ns, unsigned digits) {
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < digits; ++i) unit *= 10;
  const bool negative = ns < 0;
  const std::uint64_t size =
      negative ? std::uint64_t{0} - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  fmt::format_to(std::back_inserter(json), "{}{}", negative ? "-" : "", size / unit);
  const std::uint64_t rest = size % unit;
  if (rest == 0) return;
  std::string fraction = fmt::format("{:0{}}", rest, digits);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  json += '.' + fraction;
}

}  // namespace rh::profiles
