// Finding bash's variables. The structures are those of bash's variables.h, hashlib.h, array.h and command.h; their
// members used here have kept their places from bash 3.2 to 5.3, but for the head of an array, which is searched.
#include <fmt/core.h>

#include "profiles/bash/bash_memory.h"
#include "profiles/python/elf_image.h"
#include "profiles/python/runtime_locator.h"
#include "runner/base/file.h"

namespace rh::profiles::bash {
namespace {

using python::load;
using python::remote_range;

constexpr std::size_t kMaxBuckets = 1U << 20U;
constexpr std::size_t kMaxChain = 4096;
constexpr std::uint64_t kMaxMapsBytes = 16U << 20U;
constexpr std::array<std::string_view, 3> kNames = {"FUNCNAME", "BASH_SOURCE", "BASH_LINENO"};

struct HashTable {  // HASH_TABLE
  Address buckets = 0;
  std::int32_t count = 0, entries = 0;
};
struct Bucket {  // BUCKET_CONTENTS
  Address next = 0, key = 0, data = 0;
};
constexpr std::uint64_t kTableInContext = 32;  // VAR_CONTEXT.table, behind name, scope, flags, up and down
constexpr std::uint64_t kValueInVariable = 8;  // SHELL_VAR.value, behind name

// Where the file's first address was loaded, minus that address.
std::optional<Address> load_bias(RemoteMemory& memory, const BashSymbols& symbols) {
  if (symbols.fixed_address) return 0;
  const std::string proc = fmt::format("/proc/{}", memory.pid());
  std::error_code error;
  const std::string executable = std::filesystem::read_symlink(proc + "/exe", error).string();
  const auto maps = read_file(proc + "/maps", kMaxMapsBytes);
  if (error || !maps) return std::nullopt;
  for (const python::Mapping& mapping : python::read_mappings(*maps))
    if (mapping.path == executable && mapping.offset == 0) return mapping.begin - symbols.first_address;
  return std::nullopt;
}

// Calls `found` with the key and the data of each entry, until it returns true.
template <class Found>
void each_entry(RemoteMemory& memory, Address table, const Found& found) {
  const auto head = memory.get<HashTable>(table);
  if (!head || head->count <= 0 || static_cast<std::size_t>(head->count) > kMaxBuckets) return;
  std::vector<Address> buckets(static_cast<std::size_t>(head->count));
  if (!memory.read(head->buckets, buckets.data(), buckets.size() * sizeof(Address))) return;
  for (Address at : buckets) {
    for (std::size_t length = 0; at != 0 && length < kMaxChain; ++length) {
      const auto bucket = memory.get<Bucket>(at);
      if (!bucket) return;
      if (found(memory.read_c_string(bucket->key, kMaxTextBytes), bucket->data)) return;
      at = bucket->next;
    }
  }
}

// ARRAY.head lies at another place in each version: it is the pointer to an element with index -1 and no value.
std::optional<Address> head_of(RemoteMemory& memory, Address array) {
  constexpr std::size_t kWords = 5;
  std::array<Address, kWords> words{};
  if (!memory.read(array, words.data(), sizeof words)) return std::nullopt;
  for (const Address word : words) {
    std::array<std::int64_t, 4> element{};  // index, value, next, previous
    if (word == 0 || word % 8 != 0 || !memory.read(word, element.data(), sizeof element)) continue;
    if (element[0] == -1 && element[1] == 0 && element[2] != 0 && element[3] != 0) return word;
  }
  return std::nullopt;
}

}  // namespace

Result<BashSymbols> read_symbols(const std::filesystem::path& executable) {
  RH_TRY(const python::ElfImage image, python::ElfImage::open(executable));
  const auto line = image.symbol("line_number"), variables = image.symbol("global_variables");
  if (!line || !variables)
    return fail(ErrorKind::unsupported, "read the stacks of bash: it exports no variables", executable.string());
  BashSymbols symbols;
  symbols.line_number = *line;
  symbols.global_variables = *variables;
  symbols.function_definitions = image.symbol("shell_function_defs").value_or(0);
  symbols.first_address = image.first_address();
  symbols.fixed_address = image.fixed_address();
  return symbols;
}

std::optional<BashAddresses> locate(RemoteMemory& memory, const BashSymbols& symbols) {
  const auto bias = load_bias(memory, symbols);
  if (!bias) return std::nullopt;
  const auto context = memory.get<Address>(symbols.global_variables + *bias);
  if (!context || *context == 0) return std::nullopt;
  const auto table = memory.get<Address>(*context + kTableInContext);
  if (!table || *table == 0) return std::nullopt;
  BashAddresses addresses;
  addresses.line_number = symbols.line_number + *bias;
  if (symbols.function_definitions != 0) addresses.function_definitions = symbols.function_definitions + *bias;
  std::size_t known = 0;
  each_entry(memory, *table, [&](const std::string& name, Address data) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
      if (name == kNames[i] && addresses.variables[i] == 0) {
        addresses.variables[i] = data;
        ++known;
      }
    return known == kNames.size();
  });
  if (known < kNames.size()) return std::nullopt;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const auto array = memory.get<Address>(addresses.variables[i] + kValueInVariable);
    const auto head = array ? head_of(memory, *array) : std::nullopt;
    if (!head) return std::nullopt;
    addresses.heads[i] = *head;
  }
  return addresses;
}

bool still_hold(RemoteMemory& memory, const BashAddresses& addresses) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const auto name = memory.get<Address>(addresses.variables[i]);
    if (!name || memory.read_c_string(*name, kMaxTextBytes) != kNames[i]) return false;
    const auto array = memory.get<Address>(addresses.variables[i] + kValueInVariable);
    if (!array || head_of(memory, *array) != addresses.heads[i]) return false;
  }
  return true;
}

std::uint32_t StackReader::definition_line(const std::string& function) {
  const auto known = definitions_.find(function);
  if (known != definitions_.end()) return known->second;
  std::uint32_t line = 0;
  const auto table =
      addresses_.function_definitions == 0 ? std::nullopt : memory_.get<Address>(addresses_.function_definitions);
  if (table && *table != 0)
    each_entry(memory_, *table, [&](const std::string& name, Address data) {
      if (name != function) return false;
      const auto lines = memory_.get<std::array<std::int32_t, 2>>(data);  // FUNCTION_DEF: flags, line
      if (lines && (*lines)[1] > 0) line = static_cast<std::uint32_t>((*lines)[1]);
      return true;
    });
  definitions_.emplace(function, line);
  return line;
}

}  // namespace rh::profiles::bash
