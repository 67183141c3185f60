// Fuzz target of what is read while machine code is profiled: the first byte chooses the format, the rest is its
// input. Promises: names are in bounds, functions hold the address that they were found by, text stays UTF-8.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/go/pprof_reader.h"
#include "profiles/native/demangle.h"
#include "profiles/native/go_table.h"
#include "profiles/native/live_tree.h"
#include "profiles/native/name_table.h"
#include "profiles/native/perf_records.h"
#include "tests/fuzz/require.h"

namespace {

using namespace rh::profiles;

void fuzz_record(std::string_view input) {
  // Records are aligned in the ring.
  std::vector<std::uint64_t> aligned((input.size() + 7) / 8);
  std::copy(input.begin(), input.end(), reinterpret_cast<char*>(aligned.data()));
  const auto bytes = std::as_bytes(std::span(aligned)).first(input.size());
  if (bytes.size() >= 8) (void)native::record_time(bytes);
  for (const bool with_stack : {false, true}) {
    const auto record = native::parse_record(bytes, with_stack);
    if (!record) continue;
    if (const auto* sample = std::get_if<native::SampleRecord>(&record->body))
      rh::fuzz::require(sample->stack.size() + sample->chain.size() <= bytes.size(), "a sample lies in its record");
  }
}

void fuzz_go_table(std::string_view input) {
  const auto table = native::GoTable::parse(input, 0x1000);
  if (!table) return;
  for (std::uint64_t address = 0xff0; address < 0x1200; address += 7) {
    const auto function = table->function_at(address);
    if (!function) continue;
    rh::fuzz::require(!function->name.empty(), "a function has a name");
    (void)table->file_at(*function, address);
    (void)table->line_at(*function, address);
    (void)table->stack_delta_at(*function, address);
  }
}

void fuzz_pprof(std::string_view input) {
  const auto read = read_pprof(input);
  if (!read) return rh::fuzz::require_utf8(read.error().message(), "an error is valid UTF-8");
  const rh::model::Profile& profile = *read;
  for (const auto& frame : profile.frames) rh::fuzz::require_utf8(frame.name, "a name is valid UTF-8");
}

void fuzz_names(std::string_view input) {
  const auto map = native::NameTable::parse_perf_map(std::string(input));
  const auto kernel = native::NameTable::parse_kallsyms(std::string(input));
  for (const std::uint64_t address : {0ULL, 0x10ULL, 0x7f00ULL, ~0ULL}) {
    if (const auto* entry = map.find(address)) rh::fuzz::require(address < entry->end, "an entry holds its address");
    (void)kernel.find(address);
  }
  for (const auto& entry : native::parse_maps(input)) rh::fuzz::require(entry.start < entry.end, "a map is not empty");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'r':
      fuzz_record(input);
      break;
    case 'g':
      fuzz_go_table(input);
      break;
    case 'p':
      fuzz_pprof(input);
      break;
    case 'n':
      fuzz_names(input);
      break;
    case 'd':
      (void)native::demangle(input);
      break;
    default:
      break;
  }
  return 0;
}
