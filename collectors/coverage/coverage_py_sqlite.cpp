#include "collectors/coverage/coverage_py_sqlite.h"

#include <map>
#include <memory>

#include <fmt/core.h>
#include <sqlite3.h>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

constexpr std::size_t kVersionBytes =
    18;  // of the header: two bytes, 2 for write-ahead logging, which needs a second file

std::string_view text_at(sqlite3_stmt* row, int column) {
  const void* text = sqlite3_column_blob(row, column);
  const int size = sqlite3_column_bytes(row, column);
  return text == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(text), static_cast<std::size_t>(size));
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& subject) : bytes_(bytes), subject_(subject) {}

  Result<MeasuredData> read() {
    if (!bytes_.starts_with("SQLite format 3")) return fail("it is no SQLite database");
    RH_CHECK(open());
    if (!has("file") || (!has("line_bits") && !has("line_map") && !has("line") && !has("arc")))
      return fail("it has no tables of coverage.py");
    read_meta();
    each("SELECT id, context FROM context", [&](sqlite3_stmt* row) { add_context(row); });
    each("SELECT id, path FROM file ORDER BY path", [&](sqlite3_stmt* row) { add_file(row); });
    if (has("tracer"))
      each("SELECT file_id, tracer FROM tracer", [&](sqlite3_stmt* row) {
        if (MeasuredFile* file = file_of(row)) file->tracer = source_text(text_at(row, 1));
      });
    read_lines();
    if (has("arc")) each("SELECT file_id, context_id, fromno, tono FROM arc", [&](sqlite3_stmt* row) { add_arc(row); });
    return std::move(data_);
  }

 private:
  Result<void> open() {
    sqlite3* opened = nullptr;
    const int state = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
    database_.reset(opened);
    if (state != SQLITE_OK) return fail("SQLite could not be set up");
    // The data is foreign: no functions, triggers or views of it run.
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    copy_ = bytes_;  // SQLite wants memory that it could write to
    if (copy_.size() > kVersionBytes + 2) copy_[kVersionBytes] = copy_[kVersionBytes + 1] = 1;
    auto* const begin = reinterpret_cast<unsigned char*>(copy_.data());
    const auto size = static_cast<sqlite3_int64>(copy_.size());
    if (sqlite3_deserialize(opened, "main", begin, size, size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
      return fail(sqlite3_errmsg(opened));
    Statement tables = prepare("SELECT name FROM sqlite_master WHERE type = 'table'");
    if (!tables) return fail(sqlite3_errmsg(opened));
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(tables.get())) == SQLITE_ROW) tables_[std::string(text_at(tables.get(), 0))] = true;
    if (step != SQLITE_DONE) return fail(sqlite3_errmsg(opened));
    return {};
  }

  [[nodiscard]] bool has(const std::string& table) const { return tables_.contains(table); }

  Statement prepare(const char* query) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database_.get(), query, -1, &statement, nullptr);
    return Statement(statement);
  }

  // Calls `use` for each row; what SQLite cannot read is told once.
  template <class Use>
  void each(const char* query, Use use) {
    const Statement statement = prepare(query);
    int step = statement ? SQLITE_ROW : SQLITE_ERROR;
    while (statement && records_ <= kMaxMeasuredRecords && (step = sqlite3_step(statement.get())) == SQLITE_ROW)
      use(statement.get());
    if (records_ > kMaxMeasuredRecords)
      data_.problem = fmt::format("it holds more than {} lines and jumps", kMaxMeasuredRecords);
    else if (step != SQLITE_DONE && data_.problem.empty())
      data_.problem = sqlite3_errmsg(database_.get());
  }

  void read_meta() {
    if (!has("meta")) return;
    const Statement keyed = prepare("SELECT key, value FROM meta");
    if (!keyed) {  // before schema 6
      each("SELECT has_arcs FROM meta", [&](sqlite3_stmt* row) { data_.has_arcs = sqlite3_column_int(row, 0) != 0; });
      return;
    }
    each("SELECT key, value FROM meta", [&](sqlite3_stmt* row) {
      const std::string_view key = text_at(row, 0);
      if (key == "has_arcs") data_.has_arcs = text_at(row, 1) == "1" || text_at(row, 1) == "True";
      if (key == "version") data_.version = source_text(text_at(row, 1));
    });
  }

  void add_context(sqlite3_stmt* row) {
    context_numbers_[sqlite3_column_int64(row, 0)] = static_cast<std::uint32_t>(data_.contexts.size());
    data_.contexts.push_back(source_text(text_at(row, 1)));
  }

  void add_file(sqlite3_stmt* row) {
    file_numbers_[sqlite3_column_int64(row, 0)] = data_.files.size();
    data_.files.emplace_back().path = source_path(text_at(row, 1));
  }

  MeasuredFile* file_of(sqlite3_stmt* row) {
    const auto found = file_numbers_.find(sqlite3_column_int64(row, 0));
    return found == file_numbers_.end() ? nullptr : &data_.files[found->second];
  }

  // A record of no context belongs to the one without name.
  std::uint32_t context_of(sqlite3_stmt* row) {
    const auto found = context_numbers_.find(sqlite3_column_int64(row, 1));
    if (found != context_numbers_.end()) return found->second;
    const auto [entry, is_new] = context_numbers_.try_emplace(-1, static_cast<std::uint32_t>(data_.contexts.size()));
    if (is_new) data_.contexts.emplace_back();
    return entry->second;
  }

  void read_lines() {
    const auto bitmap = [&](sqlite3_stmt* row) { add_bitmap(row); };
    if (has("line_bits")) {
      each("SELECT file_id, context_id, numbits FROM line_bits", bitmap);
    } else if (has("line_map")) {  // its column was called bitmap at first
      const bool named = prepare("SELECT numbits FROM line_map") != nullptr;
      each(named ? "SELECT file_id, context_id, numbits FROM line_map"
                 : "SELECT file_id, context_id, bitmap FROM line_map",
           bitmap);
    } else if (has("line")) {
      each("SELECT file_id, context_id, lineno FROM line", [&](sqlite3_stmt* row) {
        MeasuredFile* const file = file_of(row);
        const std::int64_t line = sqlite3_column_int64(row, 2);
        if (file == nullptr || line <= 0 || line > kMaxMeasuredLine) return void(++data_.damaged);
        add_line(*file, context_of(row), static_cast<std::uint32_t>(line));
      });
    }
  }

  void add_line(MeasuredFile& file, std::uint32_t context, std::uint32_t line) {
    file.lines.push_back({context, line});
    ++records_;
  }

  // Bit i of byte b stands for line 8 b + i.
  void add_bitmap(sqlite3_stmt* row) {
    MeasuredFile* const file = file_of(row);
    const std::string_view bits = text_at(row, 2);
    if (file == nullptr || bits.size() > kMaxMeasuredLine / 8) return void(++data_.damaged);
    const std::uint32_t context = context_of(row);
    for (std::size_t byte = 0; byte < bits.size(); ++byte)
      for (unsigned bit = 0; bit < 8; ++bit)
        if ((static_cast<unsigned char>(bits[byte]) >> bit & 1U) != 0 && byte + bit > 0)
          add_line(*file, context, static_cast<std::uint32_t>(byte * 8 + bit));
  }

  void add_arc(sqlite3_stmt* row) {
    MeasuredFile* const file = file_of(row);
    const std::int64_t from = sqlite3_column_int64(row, 2), to = sqlite3_column_int64(row, 3);
    const auto fits = [](std::int64_t line) { return line >= -kMaxMeasuredLine && line <= kMaxMeasuredLine; };
    if (file == nullptr || !fits(from) || !fits(to)) return void(++data_.damaged);
    file->arcs.push_back({context_of(row), static_cast<std::int32_t>(from), static_cast<std::int32_t>(to)});
    ++records_;
    data_.has_arcs = true;
  }

  [[nodiscard]] Failure fail(std::string_view why) const {
    return rh::fail(ErrorKind::parse, fmt::format("read .coverage: {}", source_text(why)), subject_);
  }

  std::string_view bytes_;
  const std::string& subject_;
  std::string copy_;  // outlives the database
  Database database_;
  std::map<std::string, bool> tables_;
  std::map<std::int64_t, std::uint32_t> context_numbers_;
  std::map<std::int64_t, std::size_t> file_numbers_;
  std::size_t records_ = 0;
  MeasuredData data_;
};

}  // namespace

Result<MeasuredData> read_coverage_py_sqlite(std::string_view bytes, const std::string& subject) {
  return Reader(bytes, subject).read();
}

}  // namespace rh::collectors
