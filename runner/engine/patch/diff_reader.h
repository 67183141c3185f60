// Reads what `git diff-tree|diff-index --raw -p -U0` writes, in pieces of any size and without keeping the text: the
// raw records name the files, the patch behind them the lines. Expects --no-abbrev, --full-index, a/ and b/ prefixes
// and core.quotePath=false, so that no path can look like something else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/patch/patch.h"
#include "runner/engine/patch/source_kind.h"

namespace rh::engine {

constexpr std::size_t kMaxChangedFiles = 2'000'000;
constexpr std::size_t kMaxHunks = 50'000'000;  // of all files together
// Of one line of the diff, the rest is skipped: enough for any header, and to tell a comment from code.
constexpr std::size_t kMaxKeptLine = 32U << 10;

// One raw record with what the patch says about it.
struct DiffRecord {
  unsigned old_mode = 0, new_mode = 0;  // 0: there is no such side
  std::string old_blob, new_blob;       // of a work tree's file: what the patch says, or empty
  char status = 'M';                    // A C D M R T U
  std::string path, old_path;           // from the top of the work tree; old_path of R and C only
  std::vector<Hunk> hunks;
  std::vector<model::LineRange> idle;  // among the added lines: blank or comment
  bool binary = false;                 // git shows no lines of it
};

class DiffReader {
 public:
  [[nodiscard]] Result<void> feed(std::string_view piece);
  [[nodiscard]] Result<std::vector<DiffRecord>> finish();

 private:
  [[nodiscard]] Result<void> take_line(std::string_view line);
  [[nodiscard]] Result<void> read_record(std::string_view line);
  [[nodiscard]] Result<void> read_header(std::string_view line);
  [[nodiscard]] Result<void> read_hunk(std::string_view line);
  void read_binary(std::string_view names);
  void begin_file();
  void use_file();
  void add_line(std::string_view text);
  [[nodiscard]] DiffRecord* find(const std::string& path);
  [[nodiscard]] Failure broken(std::string_view line) const;

  std::vector<DiffRecord> records_;
  std::unordered_map<std::string, std::size_t> by_path_;
  std::string pending_;      // the start of a line whose end has not come yet
  std::uint64_t lines_ = 0;  // of the diff, for messages
  std::size_t hunks_ = 0;
  std::string old_name_, new_name_, old_blob_, new_blob_;  // of the current file of the patch
  DiffRecord* current_ = nullptr;                          // null: lines of it do not count (a link, a submodule)
  const Language* language_ = nullptr;
  std::uint32_t old_left_ = 0, new_left_ = 0;  // lines of the current hunk that are still to come
  std::uint32_t new_line_ = 0;
};

}  // namespace rh::engine
