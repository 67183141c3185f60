#include "profiles/python/elf_image.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "runner/base/file.h"

namespace rh::profiles::python {
namespace {

// A file with one loaded segment, a dynamic symbol table and a section of its own name.
class MadeElf {
 public:
  MadeElf() {
    const std::string names = std::string("\0.dynsym\0.dynstr\0.dynamic\0.PyRuntime\0.shstrtab\0", 47);
    const std::string strings = std::string("\0_PyRuntime\0Py_Version\0absent\0libpython3.9.so.1.0\0", 50);
    add_section(0, SHT_NULL, 0, {});
    add_section(1, SHT_DYNSYM, 2,
                text_of(symbol(0, 0, 0)) + text_of(symbol(1, 4, 0x5000)) + text_of(symbol(12, 4, 0x10)) +
                    text_of(symbol(23, SHN_UNDEF, 0)));
    add_section(9, SHT_STRTAB, 0, strings);
    add_section(17, SHT_DYNAMIC, 2, text_of(Elf64_Dyn{DT_NEEDED, {30}}) + text_of(Elf64_Dyn{DT_NULL, {0}}));
    add_section(26, SHT_PROGBITS, 0, std::string(16, 'x'), 0x5000);
    add_section(37, SHT_STRTAB, 0, names);
  }

  std::string bytes(std::uint16_t type = ET_DYN) const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<std::uint16_t>(sections_.size());
    header.e_shstrndx = header.e_shnum - 1;
    header.e_shoff = kData + data_.size();
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_vaddr = 0x3000;
    segment.p_filesz = 64;
    std::string file = text_of(header) + text_of(segment);
    file.resize(kData);
    file += data_;
    for (const Elf64_Shdr& section : sections_) file += text_of(section);
    return file;
  }

 private:
  static constexpr std::size_t kData = 256;

  template <class T>
  static std::string text_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }
  static Elf64_Sym symbol(std::uint32_t name, std::uint16_t section, std::uint64_t value) {
    Elf64_Sym made{};
    made.st_name = name;
    made.st_shndx = section;
    made.st_value = value;
    return made;
  }
  void add_section(std::uint32_t name, std::uint32_t type, std::uint32_t link, const std::string& data,
                   std::uint64_t address = 0) {
    Elf64_Shdr made{};
    made.sh_name = name;
    made.sh_type = type;
    made.sh_link = link;
    made.sh_addr = address;
    made.sh_offset = kData + data_.size();
    made.sh_size = data.size();
    data_ += data;
    sections_.push_back(made);
  }
  std::string data_;
  std::vector<Elf64_Shdr> sections_;
};

class Elf : public testing::Test {
 protected:
  Result<ElfImage> open(const std::string& bytes) {
    const auto path = folder_.path() / "image";
    EXPECT_TRUE(write_file(path, bytes).has_value());
    return ElfImage::open(path);
  }
  TempDir folder_ = *TempDir::make("elf-test");
};

TEST_F(Elf, FindsSymbolsSectionsAndLibraries) {
  const auto image = open(MadeElf().bytes());
  ASSERT_TRUE(image.has_value()) << image.error().message();
  EXPECT_EQ(image->symbol("_PyRuntime"), 0x5000U);
  EXPECT_EQ(image->symbol("absent"), std::nullopt);  // wanted, not defined
  EXPECT_EQ(image->symbol("unheard"), std::nullopt);
  EXPECT_EQ(image->section(".PyRuntime"), 0x5000U);
  EXPECT_EQ(image->section(".text"), std::nullopt);
  EXPECT_EQ(image->needed(), std::vector<std::string>{"libpython3.9.so.1.0"});
  EXPECT_FALSE(image->fixed_address());
  EXPECT_EQ(image->first_address(), 0x3000U);
  EXPECT_EQ(image->bytes_at(0x3001, 3), "ELF");
  EXPECT_EQ(image->bytes_at(0x3040, 8), std::nullopt);
  EXPECT_TRUE(open(MadeElf().bytes(ET_EXEC))->fixed_address());
}

TEST_F(Elf, WhatIsNoElfFileIsAnError) {
  EXPECT_EQ(open("#!/bin/sh\n").error().kind, ErrorKind::parse);
  EXPECT_EQ(open("").error().kind, ErrorKind::parse);
  std::string narrow = MadeElf().bytes();
  narrow[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(open(narrow).error().kind, ErrorKind::parse);
  EXPECT_EQ(ElfImage::open(folder_.path() / "none").error().kind, ErrorKind::not_found);
}

TEST_F(Elf, EveryCutAndEveryFlippedByteIsHarmless) {
  const std::string whole = MadeElf().bytes();
  const auto look = [&](const std::string& bytes) {
    const auto image = open(bytes);
    if (!image) return;
    (void)image->symbol("_PyRuntime");
    (void)image->section(".PyRuntime");
    (void)image->needed();
    (void)image->bytes_at(0x3000, 64);
  };
  for (std::size_t size = 0; size < whole.size(); size += 7) look(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(~changed[at]);
    look(changed);
  }
}

TEST_F(Elf, ThisProgramHasSections) {
  const auto image = ElfImage::open("/proc/self/exe");
  ASSERT_TRUE(image.has_value());
  EXPECT_TRUE(image->section(".text").has_value());
  EXPECT_FALSE(image->symbol("_PyRuntime").has_value());
}

}  // namespace
}  // namespace rh::profiles::python
