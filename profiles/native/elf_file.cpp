#include "profiles/native/elf_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "runner/base/file.h"

namespace rh::profiles::native {
namespace {

constexpr const char* kDebugRoot = "/usr/lib/debug";
constexpr std::size_t kMaxSymbols = 16'000'000;
constexpr int kNoSize = 32;  // added to the rank of a symbol without a size

// A symbol while the best name for its address is looked for.
struct Candidate {
  Symbol symbol;
  int rank = 0;  // the lower, the plainer
  bool operator<(const Candidate& other) const {
    return std::tuple(symbol.start, rank, symbol.name.size(), symbol.name) <
           std::tuple(other.symbol.start, other.rank, other.symbol.name.size(), other.symbol.name);
  }
};

int rank_of(unsigned char info, std::string_view name) {
  const int underscores = static_cast<int>(std::min<std::size_t>(name.find_first_not_of('_'), 7));
  const bool local = GELF_ST_BIND(info) == STB_LOCAL;
  return (name.starts_with("_Z") || name.starts_with("_R") ? 0 : underscores) * 2 + (local ? 1 : 0);
}

void collect_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, std::vector<Candidate>& to) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const std::size_t count = std::min<std::size_t>(header.sh_size / header.sh_entsize, kMaxSymbols);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    const auto type = GELF_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || *name == 0) continue;
    GElf_Shdr home;
    Elf_Scn* code = elf_getscn(elf, symbol.st_shndx);
    if (code == nullptr || gelf_getshdr(code, &home) == nullptr || (home.sh_flags & SHF_EXECINSTR) == 0) continue;
    // Assembly often gives no size: such a symbol reaches to the next one, at most to its section's end.
    const std::uint64_t end = symbol.st_size > 0 ? symbol.st_value + symbol.st_size : home.sh_addr + home.sh_size;
    const int no_size = symbol.st_size > 0 ? 0 : kNoSize;
    to.push_back({{symbol.st_value, end, name}, rank_of(symbol.st_info, name) + no_size});
  }
}

}  // namespace

ElfFile::ElfFile(UniqueFd file, Elf* elf, std::filesystem::path path)
    : file_(std::move(file)), elf_(elf), path_(std::move(path)) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_, static_cast<int>(i), &header) == nullptr || header.p_type != PT_LOAD) continue;
    segments_.push_back({header.p_offset, header.p_filesz, header.p_vaddr});
  }
}

ElfFile::ElfFile(ElfFile&& other) noexcept
    : file_(std::move(other.file_)),
      elf_(std::exchange(other.elf_, nullptr)),
      path_(std::move(other.path_)),
      segments_(std::move(other.segments_)) {}

ElfFile::~ElfFile() {
  if (elf_ != nullptr) elf_end(elf_);
}

Result<ElfFile> ElfFile::open(UniqueFd file, const std::filesystem::path& path) {
  elf_version(EV_CURRENT);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return fail_errno("look at the object file", path.string());
  if (static_cast<std::uint64_t>(info.st_size) > kMaxObjectBytes)
    return fail(ErrorKind::limit, fmt::format("read the object file: more than {} bytes", kMaxObjectBytes),
                path.string());
  Elf* elf = elf_begin(file.get(), ELF_C_READ, nullptr);
  if (elf == nullptr || elf_kind(elf) != ELF_K_ELF) {
    if (elf != nullptr) elf_end(elf);
    return fail(ErrorKind::parse, "read the object file: not an ELF file", path.string());
  }
  return ElfFile(std::move(file), elf, path);
}

Result<ElfFile> ElfFile::in_memory(std::string_view bytes) {
  elf_version(EV_CURRENT);
  // libelf wants char*, but does not write to an image it was not asked to change.
  Elf* elf = elf_memory(const_cast<char*>(bytes.data()), bytes.size());
  if (elf == nullptr || elf_kind(elf) != ELF_K_ELF) {
    if (elf != nullptr) elf_end(elf);
    return fail(ErrorKind::parse, "read an object in memory: not an ELF image");
  }
  return ElfFile(UniqueFd{}, elf, {});
}

std::optional<std::uint64_t> ElfFile::address_of(std::uint64_t file_offset) const {
  for (const Segment& segment : segments_)
    if (file_offset >= segment.offset && file_offset - segment.offset < segment.bytes)
      return segment.address + (file_offset - segment.offset);
  return std::nullopt;
}

template <class Match>
Elf_Scn* ElfFile::find_section(const Match& match) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_, &names) != 0) return nullptr;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = elf_strptr(elf_, names, header.sh_name);
    if (name != nullptr && match(std::string_view(name), header)) return section;
  }
  return nullptr;
}

std::optional<SectionView> ElfFile::section_ending(std::string_view name_end) const {
  Elf_Scn* section = find_section([&](std::string_view it, const GElf_Shdr&) { return it.ends_with(name_end); });
  GElf_Shdr header;
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS)
    return std::nullopt;
  const Elf_Data* data = elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
  return SectionView{header.sh_addr, {static_cast<const char*>(data->d_buf), data->d_size}};
}

std::optional<std::uint64_t> ElfFile::section_address(std::string_view name) const {
  Elf_Scn* section = find_section([&](std::string_view it, const GElf_Shdr&) { return it == name; });
  GElf_Shdr header;
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return std::nullopt;
  return header.sh_addr;
}

std::string ElfFile::section_name_at(std::uint64_t address) const {
  std::string found;
  (void)find_section([&](std::string_view name, const GElf_Shdr& header) {
    if ((header.sh_flags & SHF_ALLOC) == 0 || address < header.sh_addr || address - header.sh_addr >= header.sh_size)
      return false;
    found = name;
    return true;
  });
  return found;
}

std::vector<Symbol> ElfFile::functions() const {
  std::vector<Candidate> found;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) collect_symbols(elf_, section, header, found);
  }
  std::sort(found.begin(), found.end());
  std::vector<Symbol> symbols;
  bool sized = false;
  for (const Candidate& candidate : found) {
    if (!symbols.empty() && symbols.back().start == candidate.symbol.start) continue;
    // A label without a size inside a function is not another function.
    if (!symbols.empty() && candidate.rank >= kNoSize && candidate.symbol.start < symbols.back().end && sized) continue;
    sized = candidate.rank < kNoSize;
    if (!symbols.empty()) symbols.back().end = std::min(symbols.back().end, candidate.symbol.start);
    symbols.push_back(candidate.symbol);
  }
  return symbols;
}

std::optional<std::uint64_t> ElfFile::symbol_address(std::string_view wanted) const {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      const char* name = elf_strptr(elf_, header.sh_link, symbol.st_name);
      if (name != nullptr && name == wanted) return symbol.st_value;
    }
  }
  return std::nullopt;
}

std::string ElfFile::build_id() const {
  const void* id = nullptr;
  const ssize_t bytes = dwelf_elf_gnu_build_id(elf_, &id);
  std::string text;
  for (ssize_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", static_cast<const unsigned char*>(id)[i]);
  return text;
}

bool ElfFile::has_debug_info() const {
  return section_address(".debug_info").has_value() || section_address(".zdebug_info").has_value();
}

std::optional<std::filesystem::path> ElfFile::debug_file() const {
  namespace fs = std::filesystem;
  if (const std::string id = build_id(); id.size() > 2) {
    const fs::path path = fs::path(kDebugRoot) / ".build-id" / id.substr(0, 2) / (id.substr(2) + ".debug");
    if (is_file(path)) return path;
  }
  GElf_Word checksum = 0;
  const char* link = dwelf_elf_gnu_debuglink(elf_, &checksum);
  // A link is a plain file name; anything else would lead out of the folders it may lie in.
  if (link == nullptr || *link == 0 || std::strchr(link, '/') != nullptr || path_.empty()) return std::nullopt;
  const fs::path folder = path_.parent_path();
  for (const fs::path& path :
       {folder / link, folder / ".debug" / link, fs::path(kDebugRoot) / folder.relative_path() / link})
    if (is_file(path) && path != path_) return path;
  return std::nullopt;
}

}  // namespace rh::profiles::native
