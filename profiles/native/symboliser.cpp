#include "profiles/native/symboliser.h"

#include <dwarf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "profiles/native/demangle.h"
#include "profiles/native/unwinder.h"
#include "runner/base/text.h"

namespace rh::profiles::native {
namespace {

constexpr std::size_t kMaxPerfMapBytes = 256ULL << 20;
constexpr std::size_t kMaxFunctionStarts = 10'000'000;

const Symbol* find_symbol(const std::vector<Symbol>& symbols, std::uint64_t address) {
  auto at = std::upper_bound(symbols.begin(), symbols.end(), address,
                             [](std::uint64_t value, const Symbol& symbol) { return value < symbol.start; });
  if (at == symbols.begin()) return nullptr;
  --at;
  return address < at->end ? &*at : nullptr;
}

NamedFrame frame_of(std::string name, model::FrameKind kind, std::string module) {
  NamedFrame named;
  named.frame.name = std::move(name);
  named.frame.kind = kind;
  named.frame.module = std::move(module);
  return named;
}

std::string read_all(const UniqueFd& file) {
  std::string text;
  std::string block(1 << 16, '\0');
  ssize_t got = 0;
  while (text.size() < kMaxPerfMapBytes &&
         (got = pread(file.get(), block.data(), block.size(), static_cast<off_t>(text.size()))) > 0)
    text.append(block, 0, static_cast<std::size_t>(got));
  return text;
}

// What Go's garbage collector does on its own threads and in the program's is told apart by its functions.
model::FrameKind kind_of_go(std::string_view name) {
  return name.starts_with("runtime.gc") || name.starts_with("runtime.bgsweep") || name.starts_with("runtime.bgscavenge")
             ? model::FrameKind::gc
             : model::FrameKind::native;
}

}  // namespace

std::vector<std::uint64_t> function_starts(const ElfFile& elf) {
  // Linux Standard Base, .eh_frame_hdr: version, encodings of the pointer, the count and the table.
  const auto header = elf.section_ending(".eh_frame_hdr");
  if (!header || header->bytes.size() < 12) return {};
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(header->bytes[at]); };
  if (byte(0) != 1 || (byte(1) & 0x0fU) != DW_EH_PE_sdata4 || byte(2) != DW_EH_PE_udata4 ||
      byte(3) != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
    return {};
  std::uint32_t count = 0;
  std::memcpy(&count, header->bytes.data() + 8, sizeof count);
  std::vector<std::uint64_t> starts;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, kMaxFunctionStarts); ++i) {
    std::int32_t relative = 0;
    if (12 + i * 8 + sizeof relative > header->bytes.size()) break;
    std::memcpy(&relative, header->bytes.data() + 12 + i * 8, sizeof relative);
    starts.push_back(header->address + static_cast<std::uint64_t>(static_cast<std::int64_t>(relative)));
  }
  std::sort(starts.begin(), starts.end());
  return starts;
}

Symboliser::Symboliser(CodeObjects& objects, std::function<std::string()> kernel_symbols)
    : code_(objects), kernel_symbols_(std::move(kernel_symbols)) {}

void Symboliser::read_file(CodeObject& file, Object& to) {
  ElfFile& elf = *file.elf;
  to.debug = DebugInfo::of(elf);
  to.go = GoTable::of(elf);
  to.symbols = elf.functions();
  to.starts = function_starts(elf);
  if (!to.starts.empty()) to.rules.reset(dwarf_getcfi_elf(elf.handle()));
  // A stripped file keeps only what it exports; its debug file has the other symbols.
  if (const auto path = elf.debug_file(); path && !elf.has_debug_info()) {
    auto separate = ElfFile::open(UniqueFd(::open(path->c_str(), O_RDONLY | O_CLOEXEC)), *path);
    if (separate && (elf.build_id().empty() || separate->build_id() == elf.build_id())) {
      to.separate.emplace(std::move(separate).value());
      if (auto symbols = to.separate->functions(); symbols.size() > to.symbols.size()) to.symbols = std::move(symbols);
    }
  }
}

Symboliser::Object& Symboliser::object(std::uint32_t index) {
  if (objects_.size() <= index) objects_.resize(index + 1);
  if (objects_[index] == nullptr) objects_[index] = std::make_unique<Object>();
  Object& object = *objects_[index];
  if (object.read) return object;
  object.read = true;
  CodeObject& code = code_.at(index);
  if (code.kind == ObjectKind::kernel) object.names = NameTable::parse_kallsyms(kernel_symbols_());
  if (code.kind == ObjectKind::generated && code.perf_map)
    object.names = NameTable::parse_perf_map(read_all(code.perf_map));
  if (code_.elf(index) != nullptr) read_file(code, object);
  return object;
}

std::vector<NamedFrame> Symboliser::from_debug_info(Object& in, const std::string& module, std::uint64_t address) {
  std::vector<NamedFrame> frames;
  if (in.debug == nullptr) return frames;
  for (CodePlace& place : in.debug->at(address)) {
    if (place.name.empty()) {
      const Symbol* symbol = find_symbol(in.symbols, address);
      if (symbol == nullptr) return {};
      place.name = demangle(symbol->name);
    }
    NamedFrame named = frame_of(std::move(place.name), model::FrameKind::native, module);
    if (in.go) named.frame.kind = kind_of_go(named.frame.name);
    named.frame.file = std::move(place.file);
    named.frame.line = place.first_line;
    named.line = place.line;
    frames.push_back(std::move(named));
  }
  return frames;
}

std::vector<NamedFrame> Symboliser::from_tables(const Object& in, const std::string& module,
                                                std::uint64_t address) const {
  if (const auto function = in.go ? in.go->function_at(address) : std::nullopt) {
    NamedFrame named = frame_of(std::string(function->name), kind_of_go(function->name), module);
    named.frame.file = in.go->file_at(*function, function->entry);
    named.frame.line = function->start_line;
    if (in.go->file_at(*function, address) == named.frame.file) named.line = in.go->line_at(*function, address);
    return {std::move(named)};
  }
  if (const Symbol* symbol = find_symbol(in.symbols, address))
    return {frame_of(demangle(symbol->name), model::FrameKind::native, module)};
  return {};
}

// The starts say nothing of ends: only where a rule holds for the address is it in the function before it.
bool Symboliser::has_rule(const Object& in, std::uint64_t address) {
  Dwarf_Frame* frame = nullptr;
  if (in.rules == nullptr || dwarf_cfi_addrframe(in.rules.get(), address, &frame) != 0) return false;
  std::free(frame);
  return true;
}

NamedFrame Symboliser::unknown(const CodeAddress& at, const std::string& path, std::uint64_t address) {
  const std::string file = std::filesystem::path(path).filename().string();
  Object& in = object(at.object);
  // Addresses of one function share its start, so that they are one line of a table and not hundreds.
  const auto next = std::upper_bound(in.starts.begin(), in.starts.end(), address);
  const bool covered = next != in.starts.begin() && has_rule(in, address);
  const std::uint64_t shown = covered ? *(next - 1) : address;
  return frame_of(fmt::format("[{}+{:#x}]", file.empty() ? path : file, shown), model::FrameKind::native, path);
}

std::vector<NamedFrame> Symboliser::name_in_file(const CodeAddress& at) {
  CodeObject& code = code_.at(at.object);
  Object& in = object(at.object);
  const auto address = code.elf ? code.elf->address_of(at.offset) : std::nullopt;
  std::vector<NamedFrame> frames;
  if (address) frames = from_debug_info(in, code.path, *address);
  if (frames.empty() && address) frames = from_tables(in, code.path, *address);
  Coverage& coverage = coverage_[at.object];
  ++(frames.empty() ? coverage.unnamed : coverage.named);
  if (frames.empty()) frames.push_back(unknown(at, code.path, address.value_or(at.offset)));
  return frames;
}

std::vector<NamedFrame> Symboliser::name(const CodeAddress& at) {
  using model::FrameKind;
  const CodeObject& code = code_.at(at.object);
  switch (code.kind) {
    case ObjectKind::mark:
      if (at.offset == kStackCutMark) return {frame_of("[deeper than was copied]", FrameKind::runtime, {})};
      return {frame_of(at.offset == kUnknownCodeMark ? "[unknown code]" : "[caller unknown]", FrameKind::runtime, {})};
    case ObjectKind::kernel: {
      const NameTable::Entry* entry = object(at.object).names.find(at.offset);
      if (entry == nullptr) return {frame_of("[kernel]", FrameKind::kernel, "[kernel]")};
      return {frame_of(std::string(entry->name), FrameKind::kernel,
                       std::string(entry->module.empty() ? "[kernel]" : entry->module))};
    }
    case ObjectKind::generated: {
      const NameTable::Entry* entry = object(at.object).names.find(at.offset);
      if (entry == nullptr) return {frame_of("[generated code]", FrameKind::native, code.path)};
      return {frame_of(std::string(entry->name), FrameKind::native, code.path)};
    }
    case ObjectKind::vdso:
    case ObjectKind::file:
      break;
  }
  return name_in_file(at);
}

const std::vector<NamedFrame>& Symboliser::frames_at(const CodeAddress& at) {
  const auto known = known_.find(at);
  if (known != known_.end()) return known->second;
  std::vector<NamedFrame> frames = name(at);
  for (NamedFrame& named : frames) {  // names are bytes to a linker, reports are UTF-8
    named.frame.name = to_valid_utf8(named.frame.name);
    named.frame.file = to_valid_utf8(named.frame.file);
    named.frame.module = to_valid_utf8(named.frame.module);
  }
  return known_.emplace(at, std::move(frames)).first->second;
}

}  // namespace rh::profiles::native
