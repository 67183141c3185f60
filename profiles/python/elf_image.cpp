#include "profiles/python/elf_image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace rh::profiles::python {
namespace {

constexpr std::uint64_t kMaxTableBytes = 256ULL << 20U;  // of one symbol or string table
constexpr std::size_t kMaxNeeded = 1024;

template <class T>
T at(std::string_view bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::string_view name_at(std::string_view names, std::size_t offset) {
  if (offset >= names.size()) return {};
  return names.substr(offset, names.find('\0', offset) - offset);
}

}  // namespace

Result<ElfImage> ElfImage::open(const std::filesystem::path& path) {
  ElfImage image;
  image.path_ = path.string();
  image.fd_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!image.fd_ || fstat(image.fd_.get(), &info) != 0) return fail_errno("open an executable file", image.path_);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::parse, "read an executable: not a regular file", image.path_);
  image.size_ = static_cast<std::uint64_t>(info.st_size);
  const auto header = image.read(0, sizeof(Elf64_Ehdr));
  if (!header || !header->starts_with(ELFMAG) || (*header)[EI_CLASS] != ELFCLASS64 || (*header)[EI_DATA] != ELFDATA2LSB)
    return fail(ErrorKind::parse, "read an executable: not a 64-bit little-endian ELF file", image.path_);
  RH_CHECK(image.read_tables(*header));
  return image;
}

Result<void> ElfImage::read_tables(std::string_view header) {
  const auto file = at<Elf64_Ehdr>(header, 0);
  fixed_address_ = file.e_type == ET_EXEC;
  if (file.e_phnum > 0) {
    const auto table = read(file.e_phoff, static_cast<std::uint64_t>(file.e_phnum) * sizeof(Elf64_Phdr));
    if (!table || file.e_phentsize != sizeof(Elf64_Phdr))
      return fail(ErrorKind::parse, "read an executable: its program headers lie outside the file", path_);
    for (std::size_t i = 0; i < file.e_phnum; ++i)
      if (const auto entry = at<Elf64_Phdr>(*table, i); entry.p_type == PT_LOAD)
        segments_.push_back({entry.p_vaddr, entry.p_offset, entry.p_filesz});
  }
  if (file.e_shnum == 0) return {};
  const auto table = read(file.e_shoff, static_cast<std::uint64_t>(file.e_shnum) * sizeof(Elf64_Shdr));
  if (!table || file.e_shentsize != sizeof(Elf64_Shdr))
    return fail(ErrorKind::parse, "read an executable: its section headers lie outside the file", path_);
  for (std::size_t i = 0; i < file.e_shnum; ++i) {
    const auto entry = at<Elf64_Shdr>(*table, i);
    sections_.push_back({entry.sh_name, entry.sh_type, entry.sh_link, entry.sh_addr, entry.sh_offset, entry.sh_size});
  }
  if (file.e_shstrndx < sections_.size()) {
    const Section& names = sections_[file.e_shstrndx];
    section_names_ = read(names.offset, names.size).value_or(std::string{});
  }
  return {};
}

std::optional<std::string> ElfImage::read(std::uint64_t offset, std::uint64_t size) const {
  if (size > kMaxTableBytes || offset > size_ || size > size_ - offset) return std::nullopt;
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(fd_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

const ElfImage::Section* ElfImage::find(std::uint32_t type) const {
  for (const Section& section : sections_)
    if (section.type == type) return &section;
  return nullptr;
}

std::uint64_t ElfImage::first_address() const {
  std::uint64_t first = 0;
  bool any = false;
  for (const Segment& segment : segments_) {
    if (!any || segment.address < first) first = segment.address;
    any = true;
  }
  return first & ~std::uint64_t{4095};
}

std::optional<std::uint64_t> ElfImage::symbol(std::string_view name) const {
  const Section* const table = find(SHT_DYNSYM);
  if (table == nullptr || table->link >= sections_.size()) return std::nullopt;
  const Section& text = sections_[table->link];
  const auto symbols = read(table->offset, table->size);
  const auto names = read(text.offset, text.size);
  if (!symbols || !names) return std::nullopt;
  for (std::size_t i = 0; i < symbols->size() / sizeof(Elf64_Sym); ++i) {
    const auto entry = at<Elf64_Sym>(*symbols, i);
    if (entry.st_shndx != SHN_UNDEF && name_at(*names, entry.st_name) == name) return entry.st_value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfImage::section(std::string_view name) const {
  for (const Section& section : sections_)
    if (section.address != 0 && name_at(section_names_, section.name) == name) return section.address;
  return std::nullopt;
}

std::vector<std::string> ElfImage::needed() const {
  const Section* const table = find(SHT_DYNAMIC);
  if (table == nullptr || table->link >= sections_.size()) return {};
  const auto entries = read(table->offset, table->size);
  const auto names = read(sections_[table->link].offset, sections_[table->link].size);
  if (!entries || !names) return {};
  std::vector<std::string> libraries;
  for (std::size_t i = 0; i < entries->size() / sizeof(Elf64_Dyn) && libraries.size() < kMaxNeeded; ++i) {
    const auto entry = at<Elf64_Dyn>(*entries, i);
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_NEEDED) libraries.emplace_back(name_at(*names, entry.d_un.d_val));
  }
  return libraries;
}

std::optional<std::string> ElfImage::bytes_at(std::uint64_t address, std::size_t size) const {
  for (const Segment& segment : segments_)
    if (address >= segment.address && address - segment.address + size <= segment.file_size)
      return read(segment.offset + (address - segment.address), size);
  return std::nullopt;
}

}  // namespace rh::profiles::python
