#include "profiles/native/go_table.h"

#include <cstring>

namespace rh::profiles::native {
namespace {

constexpr std::uint32_t kMagic116 = 0xfffffffa, kMagic118 = 0xfffffff0, kMagic120 = 0xfffffff1;
constexpr std::uint64_t kMaxFunctions = 50'000'000;
constexpr std::size_t kMaxSteps = 1'000'000;  // of one table; the longest functions have some thousands
constexpr std::size_t kMaxName = 16 * 1024;
constexpr std::uint32_t kNoOffset = 0xffffffffU;
// Where runtime.moduledata has `text`: behind pcHeader, six slices, findfunctab, minpc and maxpc.
constexpr std::size_t kModuleText = 8 + 6 * 24 + 3 * 8;
constexpr std::uint8_t kTopFrame = 1, kWritesSp = 2;
// Fields of 32 bits after the entry, counted from 1.
constexpr std::uint32_t kNameField = 1, kStackField = 4, kFileField = 5, kLineField = 6, kUnitField = 8,
                        kStartLineField = 9;

}  // namespace

std::uint64_t GoTable::word(std::size_t offset, std::size_t bytes) const {
  std::uint64_t value = 0;
  if (offset < bytes_.size() && bytes <= bytes_.size() - offset) std::memcpy(&value, bytes_.data() + offset, bytes);
  return value;
}

Result<GoTable> GoTable::parse(std::string_view bytes, std::uint64_t text_start) {
  const auto broken = [](const char* what) { return fail(ErrorKind::parse, std::string("read .gopclntab: ") + what); };
  GoTable table;
  table.bytes_ = bytes;
  if (bytes.size() < 72) return broken("shorter than its header");
  switch (table.word(0, 4)) {
    case kMagic116:
      table.layout_ = Layout::go116;
      break;
    case kMagic118:
      table.layout_ = Layout::go118;
      break;
    case kMagic120:
      table.layout_ = Layout::go120;
      break;
    default:
      return broken("unknown version");
  }
  table.quantum_ = static_cast<std::uint32_t>(table.word(6, 1));
  if (table.word(7, 1) != 8 || table.quantum_ == 0 || table.quantum_ > 4) return broken("not of a 64-bit program");
  table.functions_ = table.word(8, 8);
  table.text_start_ = text_start;
  // From 1.18 on a word with the start of the text stands before the offsets.
  const std::size_t at = table.layout_ == Layout::go116 ? 24 : 32;
  table.names_ = table.word(at, 8);
  table.units_ = table.word(at + 8, 8);
  table.files_ = table.word(at + 16, 8);
  table.tables_ = table.word(at + 24, 8);
  table.index_ = table.word(at + 32, 8);
  const std::uint64_t entry_bytes = table.layout_ == Layout::go116 ? 16 : 8;
  if (table.functions_ == 0 || table.functions_ > kMaxFunctions || table.index_ >= bytes.size() ||
      table.functions_ > (bytes.size() - table.index_) / entry_bytes)
    return broken("its index lies outside");
  return table;
}

std::optional<std::uint64_t> GoTable::text_in_module_data(const ElfFile& elf, const SectionView& table) {
  const auto unplaced = parse(table.bytes, 0);
  if (!unplaced || unplaced->layout_ == Layout::go116) return std::nullopt;
  const std::uint64_t first = unplaced->entry_of(0);
  const std::uint64_t last = unplaced->entry_of(unplaced->functions_);
  for (const char* name : {".go.module", ".noptrdata", ".data"}) {
    const auto data = elf.section_ending(name);
    if (!data) continue;
    const auto word_at = [&](std::size_t at) {
      std::uint64_t value = 0;
      std::memcpy(&value, data->bytes.data() + at, sizeof value);
      return value;
    };
    for (std::size_t at = 0; at + kModuleText + 8 <= data->bytes.size(); at += 8) {
      if (word_at(at) != table.address) continue;
      const std::uint64_t text = word_at(at + kModuleText);
      // That it is the one is certain when its bounds are those of the table.
      if (word_at(at + kModuleText - 16) == text + first && word_at(at + kModuleText - 8) == text + last) return text;
    }
  }
  return std::nullopt;
}

std::optional<GoTable> GoTable::of(const ElfFile& elf) {
  const auto section = elf.section_ending(".gopclntab");
  const auto code = elf.section_address(".text");
  if (!section || !code) return std::nullopt;
  // Where C code is linked in, runtime.text is not where .text begins; only a symbol or the runtime's own data tells.
  std::uint64_t start = *code;
  bool known = !elf.section_address(".init_array").has_value() && !elf.section_address(".init").has_value();
  if (const auto symbol = elf.symbol_address("runtime.text")) {
    start = *symbol;
    known = true;
  }
  if (!known) {
    const auto text = text_in_module_data(elf, *section);
    if (!text) return std::nullopt;
    start = *text;
  }
  auto table = parse(section->bytes, start);
  if (!table) return std::nullopt;
  return *std::move(table);
}

std::uint64_t GoTable::entry_of(std::uint64_t index) const {
  if (layout_ == Layout::go116) return word(index_ + index * 16, 8);
  return text_start_ + word(index_ + index * 8, 4);
}

std::string_view GoTable::text_at(std::uint64_t offset) const {
  if (offset >= bytes_.size()) return {};
  const std::string_view rest = bytes_.substr(offset, kMaxName);
  return rest.substr(0, rest.find('\0'));
}

std::uint32_t GoTable::field(const GoFunction& function, std::uint32_t number) const {
  const bool wide = layout_ == Layout::go116;
  const std::uint64_t data =
      index_ + (wide ? word(index_ + function.index * 16ULL + 8, 8) : word(index_ + function.index * 8ULL + 4, 4));
  return static_cast<std::uint32_t>(word(data + (wide ? 8 : 4) + (number - 1) * 4ULL, 4));
}

std::optional<GoFunction> GoTable::function_at(std::uint64_t address) const {
  if (address < entry_of(0) || address >= entry_of(functions_)) return std::nullopt;
  std::uint64_t low = 0, high = functions_;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (entry_of(middle) <= address ? low : high) = middle;
  }
  GoFunction function;
  function.index = static_cast<std::uint32_t>(low);
  function.entry = entry_of(low);
  function.end = entry_of(low + 1);
  function.name = text_at(names_ + field(function, kNameField));
  if (function.name.empty()) return std::nullopt;
  // After the fields: funcID and flag, one byte each; startLine came with 1.20.
  const std::uint32_t after = layout_ == Layout::go120 ? kStartLineField + 1 : kStartLineField;
  if (layout_ == Layout::go120) function.start_line = field(function, kStartLineField);
  const auto flags = static_cast<std::uint8_t>(field(function, after) >> 8U);
  function.top_frame = (flags & kTopFrame) != 0;
  function.writes_sp = (flags & kWritesSp) != 0;
  return function;
}

std::optional<std::int32_t> GoTable::value_at(std::uint32_t table, std::uint64_t entry, std::uint64_t address) const {
  if (table == 0) return std::nullopt;
  std::size_t at = tables_ + table;
  const auto varint = [&] {
    std::uint32_t value = 0;
    for (std::uint32_t shift = 0; shift < 35; shift += 7) {
      const auto byte = static_cast<std::uint32_t>(word(at++, 1));
      value |= (byte & 0x7fU) << (shift < 32 ? shift : 31U);
      if ((byte & 0x80U) == 0) break;
    }
    return value;
  };
  std::uint64_t pc = entry;
  std::uint32_t value = 0xffffffffU;  // -1
  for (std::size_t step = 0; step < kMaxSteps && at < bytes_.size(); ++step) {
    const std::uint32_t zigzag = varint();
    if (zigzag == 0 && step > 0) return std::nullopt;
    value += (zigzag & 1U) != 0 ? ~(zigzag >> 1U) : zigzag >> 1U;
    pc += static_cast<std::uint64_t>(varint()) * quantum_;
    if (address < pc) return static_cast<std::int32_t>(value);
  }
  return std::nullopt;
}

std::string_view GoTable::file_at(const GoFunction& function, std::uint64_t address) const {
  const auto number = value_at(field(function, kFileField), function.entry, address);
  const std::uint32_t unit = field(function, kUnitField);
  if (!number || *number < 0 || unit == kNoOffset) return {};
  const auto offset = word(units_ + (static_cast<std::uint64_t>(unit) + static_cast<std::uint32_t>(*number)) * 4, 4);
  return offset == kNoOffset ? std::string_view() : text_at(files_ + offset);
}

std::uint32_t GoTable::line_at(const GoFunction& function, std::uint64_t address) const {
  const auto line = value_at(field(function, kLineField), function.entry, address);
  return line && *line > 0 ? static_cast<std::uint32_t>(*line) : 0;
}

std::optional<std::int32_t> GoTable::stack_delta_at(const GoFunction& function, std::uint64_t address) const {
  const auto delta = value_at(field(function, kStackField), function.entry, address);
  if (!delta || *delta < 0) return std::nullopt;
  return delta;
}

}  // namespace rh::profiles::native
