// Judgement of code that nobody has read: any bytes, in each of the six languages (the first byte chooses).
#include <cstdint>
#include "runner/agent/validate/validate.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rh::agent;
  if (size == 0) return 0;
  const auto& row = language_rows()[data[0] % language_rows().size()];
  const std::string_view code(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Assessment found = assess(row.language, code, Rules{});
  rh::fuzz::require(found.findings.size() <= kMaxFindings, "the list of findings is bounded");
  rh::fuzz::require(!found.ok || !found.syntax_error, "what does not parse is not ok");
  for (const Finding& finding : found.findings) {
    rh::fuzz::require(finding.line > 0 && finding.column > 0, "a finding has a place");
    rh::fuzz::require_utf8(finding.message, "messages are UTF-8");
  }
  if (found.syntax_error) rh::fuzz::require_utf8(found.syntax_error->message, "messages are UTF-8");
  return 0;
}
