#include "profiles/native/debug_info.h"

#include <dwarf.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "profiles/native/demangle.h"

namespace rh::profiles::native {
namespace {

constexpr int kMaxDepth = 64;  // of nested scopes
constexpr std::size_t kMaxUnits = 1'000'000;

// An absolute path without "." and ".."; DWARF gives names relative to the folder of the compilation.
std::string absolute_path(const char* name, Dwarf_Die& unit) {
  if (name == nullptr || *name == 0) return {};
  std::filesystem::path path(name);
  if (path.is_relative() && path.native().front() != '<') {
    Dwarf_Attribute attribute;
    const char* folder = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
    // A distribution's builds replace the folder by a relative one, which libdw has put before the name.
    if (folder != nullptr && *folder == '/') path = std::filesystem::path(folder) / path;
  }
  return path.lexically_normal().string();
}

// The classes and namespaces around a function whose name alone says little: "operator()" of a lambda.
std::string scope_of(Dwarf_Die die) {
  Dwarf_Attribute attribute;
  Dwarf_Die origin;
  for (int hops = 0; hops < 4; ++hops) {
    Dwarf_Attribute* link = dwarf_attr(&die, DW_AT_abstract_origin, &attribute);
    if (link == nullptr) link = dwarf_attr(&die, DW_AT_specification, &attribute);
    if (link == nullptr || dwarf_formref_die(link, &origin) == nullptr) break;
    die = origin;
  }
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes_die(&die, &scopes);
  const std::unique_ptr<Dwarf_Die, decltype(&std::free)> owner(scopes, &std::free);
  std::string text;
  for (int i = count - 1; i > 0; --i) {
    const int tag = dwarf_tag(&scopes[i]);
    if (tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit || tag == DW_TAG_lexical_block) continue;
    const char* name = dwarf_diename(&scopes[i]);
    if (name == nullptr && tag == DW_TAG_namespace) name = "(anonymous namespace)";
    if (name == nullptr && (tag == DW_TAG_structure_type || tag == DW_TAG_class_type)) name = "{unnamed}";
    if (name != nullptr) text += std::string(name) + "::";
  }
  return text;
}

std::string function_name(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  const char* linkage = dwarf_formstring(dwarf_attr_integrate(&die, DW_AT_linkage_name, &attribute));
  if (linkage == nullptr) linkage = dwarf_formstring(dwarf_attr_integrate(&die, DW_AT_MIPS_linkage_name, &attribute));
  if (linkage != nullptr) return demangle(linkage);
  const char* name = dwarf_formstring(dwarf_attr_integrate(&die, DW_AT_name, &attribute));
  return name != nullptr ? scope_of(die) + name : "";
}

std::uint32_t number_of(Dwarf_Die& die, unsigned attribute_name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(&die, attribute_name, &attribute), &value) != 0) return 0;
  return static_cast<std::uint32_t>(value);
}

bool may_hold_functions(int tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:  // Rust: methods of an enum
    case DW_TAG_subprogram:
    case DW_TAG_lexical_block:
      return true;
    default:
      return false;
  }
}

// The innermost inlined function or block below `die` at the address, and so on inwards.
void inlined_at(Dwarf_Die die, std::uint64_t address, int depth, std::vector<Dwarf_Die>& found) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(&die, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) continue;
    if (dwarf_haspc(&child, address) <= 0) continue;
    if (tag == DW_TAG_inlined_subroutine) found.push_back(child);
    return inlined_at(child, address, depth + 1, found);
  } while (dwarf_siblingof(&child, &child) == 0);
}

// A debug file found by its name must be that of this program.
bool belongs_to(const ElfFile& debug, ElfFile& elf) {
  const std::string id = elf.build_id();
  return id.empty() || debug.build_id().empty() || id == debug.build_id();
}

}  // namespace

std::unique_ptr<DebugInfo> DebugInfo::of(ElfFile& elf) {
  std::optional<ElfFile> separate;
  if (!elf.has_debug_info()) {
    const auto path = elf.debug_file();
    if (!path) return nullptr;
    auto file = ElfFile::open(UniqueFd(::open(path->c_str(), O_RDONLY | O_CLOEXEC)), *path);
    if (!file || !belongs_to(*file, elf)) return nullptr;
    separate.emplace(std::move(file).value());
  }
  Dwarf* dwarf = dwarf_begin_elf((separate ? *separate : elf).handle(), DWARF_C_READ, nullptr);
  if (dwarf == nullptr) return nullptr;
  std::unique_ptr<DebugInfo> info(new DebugInfo(dwarf));
  if (separate) info->separate_.emplace(std::move(*separate));
  info->read_units();
  return info;
}

DebugInfo::DebugInfo(Dwarf* dwarf) : dwarf_(dwarf) {}

DebugInfo::~DebugInfo() { dwarf_end(dwarf_); }

void DebugInfo::add_ranges(Dwarf_Die& die, std::size_t index, std::vector<Range>& to) {
  Dwarf_Addr base = 0;
  Dwarf_Addr start = 0;
  Dwarf_Addr end = 0;
  std::ptrdiff_t offset = 0;
  while ((offset = dwarf_ranges(&die, offset, &base, &start, &end)) > 0)
    if (end > start && start != 0) to.push_back({start, end, index});  // 0: the linker dropped it
}

const DebugInfo::Range* DebugInfo::find(const std::vector<Range>& ranges, std::uint64_t address) {
  auto at = std::upper_bound(ranges.begin(), ranges.end(), address,
                             [](std::uint64_t value, const Range& range) { return value < range.start; });
  if (at == ranges.begin()) return nullptr;
  --at;
  return address < at->end ? &*at : nullptr;
}

void DebugInfo::read_units() {
  const auto by_start = [](const Range& a, const Range& b) { return a.start < b.start; };
  Dwarf_CU* unit = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Die die;
  Dwarf_Die inner;
  std::uint8_t type = 0;
  while (units_.size() < kMaxUnits && dwarf_get_units(dwarf_, unit, &next, nullptr, &type, &die, &inner) == 0) {
    unit = next;
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    add_ranges(die, units_.size(), unit_ranges_);
    // The functions of split DWARF are in the unit that the skeleton stands for.
    Unit entry;
    entry.die = type == DW_UT_skeleton && dwarf_tag(&inner) != DW_TAG_invalid ? inner : die;
    units_.push_back(std::move(entry));
  }
  std::stable_sort(unit_ranges_.begin(), unit_ranges_.end(), by_start);
}

void DebugInfo::collect_functions(Unit& unit, Dwarf_Die parent, int depth) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(&parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (!may_hold_functions(tag)) continue;
    if (tag == DW_TAG_subprogram) {
      const std::size_t before = unit.ranges.size();
      add_ranges(child, unit.functions.size(), unit.ranges);
      if (unit.ranges.size() > before) unit.functions.push_back(child);
    }
    if (dwarf_haschildren(&child) > 0) collect_functions(unit, child, depth + 1);
  } while (dwarf_siblingof(&child, &child) == 0);
}

void DebugInfo::read_functions(Unit& unit) {
  if (unit.read) return;
  unit.read = true;
  collect_functions(unit, unit.die, 0);
  std::stable_sort(unit.ranges.begin(), unit.ranges.end(),
                   [](const Range& a, const Range& b) { return a.start < b.start; });
}

CodePlace DebugInfo::place_of(Dwarf_Die& die) const {
  CodePlace place;
  place.name = function_name(die);
  int line = 0;
  if (dwarf_decl_line(&die, &line) == 0 && line > 0) place.first_line = static_cast<std::uint32_t>(line);
  Dwarf_Die unit;
  if (dwarf_diecu(&die, &unit, nullptr, nullptr) != nullptr) place.file = absolute_path(dwarf_decl_file(&die), unit);
  return place;
}

std::vector<CodePlace> DebugInfo::at(std::uint64_t address) {
  const Range* range = find(unit_ranges_, address);
  if (range == nullptr) return {};
  Unit& unit = units_[range->index];
  read_functions(unit);
  std::uint32_t line = 0;
  std::string file;
  if (Dwarf_Line* entry = dwarf_getsrc_die(&unit.die, address); entry != nullptr) {
    int number = 0;
    if (dwarf_lineno(entry, &number) == 0 && number > 0) line = static_cast<std::uint32_t>(number);
    file = absolute_path(dwarf_linesrc(entry, nullptr, nullptr), unit.die);
  }
  const Range* function = find(unit.ranges, address);
  if (function == nullptr) {
    if (line == 0) return {};
    return {{{}, file, 0, line}};
  }
  std::vector<Dwarf_Die> scopes{unit.functions[function->index]};
  inlined_at(scopes.front(), address, 0, scopes);
  std::vector<CodePlace> places;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    CodePlace place = place_of(scopes[i]);
    place.line = i + 1 < scopes.size() ? number_of(scopes[i + 1], DW_AT_call_line) : line;
    if (place.file.empty()) place.file = file;
    // Code that was textually included from another file has its lines there.
    const bool innermost = i + 1 == scopes.size();
    if (innermost && std::filesystem::path(place.file).filename() != std::filesystem::path(file).filename())
      place.line = 0;
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace rh::profiles::native
