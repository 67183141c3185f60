#include "runner/engine/test_map_store.h"

#include <zlib.h>

#include <algorithm>

#include <fmt/format.h>

#include "runner/base/beneath.h"
#include "runner/base/file.h"

namespace rh::engine {
namespace {

using model::LineRange;
using model::ReachedFile;
using model::ReachedLines;
using model::TestId;

// Head, then one zlib stream. In it numbers are LEB128, texts and lists have their length before them, and the lines
// that a test reached are an index into the distinct sets of ranges: tests that take the same way share them.
constexpr std::string_view kMagic = "rh-test-map 1\n";
constexpr std::string_view kMagicOfAny = "rh-test-map ";

class Writer {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void texts(const std::map<std::string, std::string>& values) {
    number(values.size());
    for (const auto& [key, value] : values) text(key), text(value);
  }
  void ranges(const std::vector<LineRange>& lines) {
    number(lines.size());
    std::uint32_t last = 0;
    for (const LineRange& range : lines) {
      number(range.first - last);
      number(range.last - range.first);
      last = range.last;
    }
  }
  std::string bytes_;
};

class Reader {
 public:
  Reader(std::string_view bytes, std::string subject) : bytes_(bytes), subject_(std::move(subject)) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  // How many things follow, each of which takes at least one byte.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.size() - at_) good_ = false;
    return good_ ? value : 0;
  }
  std::string text() {
    const std::size_t size = count();
    std::string value(bytes_.substr(at_, size));
    at_ += value.size();
    return value;
  }
  std::map<std::string, std::string> texts() {
    std::map<std::string, std::string> values;
    for (std::size_t left = count(); left > 0 && good_; --left) {
      std::string key = text();
      values[std::move(key)] = text();
    }
    return values;
  }
  std::vector<LineRange> ranges() {
    std::vector<LineRange> lines;
    std::uint64_t last = 0;
    for (std::size_t left = count(); left > 0 && good_; --left) {
      const std::uint64_t first = last + number();
      last = first + number();
      if (last > UINT32_MAX || first == 0) good_ = false;
      if (good_) lines.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
    }
    return lines;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && at_ == bytes_.size(); }
  void refuse() { good_ = false; }

 private:
  std::string_view bytes_;
  std::string subject_;
  std::size_t at_ = 0;
  bool good_ = true;
};

void put_map(Writer& out, const model::TestMap& map) {
  out.text(map.granularity);
  out.number(map.tests.size());
  for (const TestId& test : map.tests) out.text(test.value);
  std::map<std::vector<LineRange>, std::uint64_t> sets;
  for (const ReachedFile& file : map.files)
    for (const ReachedLines& reached : file.tests) sets.emplace(reached.lines, 0);
  out.number(sets.size());
  std::uint64_t next = 0;
  for (auto& [lines, index] : sets) index = next++, out.ranges(lines);
  out.number(map.files.size());
  for (const ReachedFile& file : map.files) {
    out.text(file.path);
    out.text(file.source_hash);
    out.number(file.tests.size());
    std::uint32_t last = 0;
    for (const ReachedLines& reached : file.tests) {
      out.number(reached.test - last);
      out.number(sets.at(reached.lines));
      last = reached.test;
    }
  }
}

model::TestMap take_map(Reader& in) {
  model::TestMap map;
  map.granularity = in.text();
  for (std::size_t left = in.count(); left > 0 && in.good(); --left) map.tests.push_back({in.text()});
  std::vector<std::vector<LineRange>> sets;
  for (std::size_t left = in.count(); left > 0 && in.good(); --left) sets.push_back(in.ranges());
  for (std::size_t left = in.count(); left > 0 && in.good(); --left) {
    ReachedFile& file = map.files.emplace_back();
    file.path = in.text();
    file.source_hash = in.text();
    std::uint64_t last = 0;
    for (std::size_t tests = in.count(); tests > 0 && in.good(); --tests) {
      last += in.number();
      const std::uint64_t set = in.number();
      if (last >= map.tests.size() || set >= sets.size()) {
        in.refuse();
        break;
      }
      file.tests.push_back({static_cast<std::uint32_t>(last), sets[set]});
    }
  }
  return map;
}

Result<std::string> deflate_all(const std::string& bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string packed(size, '\0');
  const int code = ::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_DEFAULT_COMPRESSION);
  if (code != Z_OK) return fail(ErrorKind::internal, "pack the test map");
  packed.resize(size);
  return packed;
}

}  // namespace

std::filesystem::path test_map_file(const std::filesystem::path& state, const std::string& slug) {
  return state / "test-maps" / (slug + ".map");
}

Result<std::string> pack_test_map(const StoredMap& map) {
  Writer out;
  out.text(map.run);
  out.text(map.commit);
  out.text(map.environment);
  put_map(out, map.map);
  out.number(map.tests.size());
  for (const KnownTest& test : map.tests) out.text(test.id.value), out.number(test.failed ? 1 : 0);
  out.number(map.opaque.size());
  for (const TestId& test : map.opaque) out.text(test.value);
  out.texts(map.files);
  out.number(map.written_by_tests.size());
  for (const std::string& path : map.written_by_tests) out.text(path);
  out.texts(map.texts);
  if (out.bytes_.size() > kMaxMapBytes)
    return fail(ErrorKind::limit, fmt::format("pack the test map: it has {} bytes, at most {} are kept",
                                              out.bytes_.size(), kMaxMapBytes));
  RH_TRY(const std::string packed, deflate_all(out.bytes_));
  Writer head;
  head.bytes_ = kMagic;
  head.number(out.bytes_.size());
  return head.bytes_ + packed;
}

Result<StoredMap> unpack_test_map(std::string_view bytes, const std::string& subject) {
  if (bytes.starts_with(kMagicOfAny) && !bytes.starts_with(kMagic))
    return fail(ErrorKind::unsupported, "read the test map: a newer runharness wrote it", subject);
  if (!bytes.starts_with(kMagic)) return fail(ErrorKind::parse, "read the test map: it is none", subject);
  const auto damaged = [&] { return fail(ErrorKind::parse, "read the test map: it is damaged", subject); };
  constexpr std::size_t kLongestNumber = 10;
  const std::string_view rest = bytes.substr(kMagic.size());
  Reader head(rest, subject);
  const std::uint64_t size = head.number();
  if (!head.good() || size > kMaxMapBytes) return damaged();
  std::size_t used = 0;
  while (used < rest.size() && used < kLongestNumber && (static_cast<unsigned char>(rest[used]) & 0x80) != 0) ++used;
  const std::string_view packed = rest.substr(used + 1);
  // zlib packs a thousand to one at best: a head that claims more is a lie that would cost memory.
  if (size > (packed.size() + 1) * 1100) return damaged();
  std::string plain(size, '\0');
  uLongf plain_size = size;
  const int code = ::uncompress(reinterpret_cast<Bytef*>(plain.data()), &plain_size,
                                reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (code != Z_OK || plain_size != size) return damaged();
  Reader in(plain, subject);
  StoredMap map;
  map.run = in.text();
  map.commit = in.text();
  map.environment = in.text();
  map.map = take_map(in);
  for (std::size_t left = in.count(); left > 0 && in.good(); --left) {
    KnownTest& test = map.tests.emplace_back();
    test.id.value = in.text();
    test.failed = in.number() != 0;
  }
  for (std::size_t left = in.count(); left > 0 && in.good(); --left) map.opaque.push_back({in.text()});
  map.files = in.texts();
  for (std::size_t left = in.count(); left > 0 && in.good(); --left) map.written_by_tests.push_back(in.text());
  map.texts = in.texts();
  if (!in.done()) return damaged();
  return map;
}

Result<StoredMap> read_test_map(const std::filesystem::path& state, const std::string& slug) {
  RH_TRY(const Beneath folder, Beneath::open(state));
  const std::filesystem::path file = test_map_file(state, slug);
  RH_TRY(const std::string bytes, folder.read(relative_to(file, state), kMaxStoredMapBytes));
  return unpack_test_map(bytes, file.string());
}

Result<void> write_test_map(const std::filesystem::path& state, const std::string& slug, const StoredMap& map) {
  RH_TRY(const std::string bytes, pack_test_map(map));
  const std::filesystem::path file = test_map_file(state, slug);
  if (bytes.size() > kMaxStoredMapBytes)
    return fail(
        ErrorKind::limit,
        fmt::format("keep the test map: it has {} bytes, at most {} are kept", bytes.size(), kMaxStoredMapBytes),
        file.string());
  RH_TRY(const Beneath folder, Beneath::open(state));
  return folder.write(relative_to(file, state), bytes);
}

}  // namespace rh::engine
