#include "runner/engine/history/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include <fmt/core.h>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyTimeoutMs = 10'000;  // runs side by side each write for a fraction of a second
constexpr int kMaxTextBytes = 1 << 20;  // of one value or statement
constexpr int kMaxSqlBytes = 1 << 20;

void harden(sqlite3* handle) {
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);  // we have none: one is somebody else's
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxTextBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, kMaxSqlBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 1);  // VACUUM attaches its own
}

}  // namespace

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  problem_ = sqlite3_prepare_v2(database.handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      added_(other.added_),
      problem_(std::exchange(other.problem_, SQLITE_MISUSE)) {}

Statement& Statement::bind(int parameter, std::string_view text) {
  const int code =
      sqlite3_bind_text(statement_, parameter, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  if (problem_ == SQLITE_OK) problem_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, parameter, value);
  if (problem_ == SQLITE_OK) problem_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, std::optional<std::int64_t> value) {
  if (value) return bind(parameter, *value);
  const int code = sqlite3_bind_null(statement_, parameter);
  if (problem_ == SQLITE_OK) problem_ = code;
  return *this;
}

bool Statement::step() {
  if (problem_ != SQLITE_OK) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) problem_ = code;
  return false;
}

Result<void> Statement::end() {
  if (problem_ == SQLITE_OK) return {};
  return database_->failure(problem_);
}

Result<void> Statement::run() {
  while (step()) {
  }
  RH_CHECK(end());
  sqlite3_reset(statement_);
  added_ = 0;
  return {};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const fs::path& file, OpenMode mode) {
  std::error_code code;
  // Links on the way to the folder are the caller's; one in the place of the file may be the repository's.
  if (fs::is_symlink(fs::symlink_status(file, code))) return fail_errno("open the history", file.string(), ELOOP);
  if (mode == OpenMode::existing && !is_file(file))
    return fail(ErrorKind::not_found, "open the history: there is none", file.string());
  const fs::path folder = fs::canonical(fs::absolute(file).parent_path(), code);
  if (code) return fail_errno("open the history", file.string(), code.value());
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_FULLMUTEX;
  if (mode == OpenMode::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2((folder / file.filename()).c_str(), &handle, flags, nullptr);
  Database database(handle, file);
  if (opened != SQLITE_OK || handle == nullptr) return database.failure(opened);
  harden(handle);
  // The first look at the file: what is no database shows here.
  RH_CHECK(database.execute("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON"));
  RH_CHECK(database.single_integer("SELECT count(*) FROM sqlite_schema"));
  return database;
}

Result<void> Database::execute(const std::string& sql) const {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Result<std::int64_t> Database::single_integer(const std::string& sql) const {
  Statement query(*this, sql);
  const bool row = query.step();
  RH_CHECK(query.end());
  return row ? query.integer(0) : std::int64_t{0};
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_.get()); }

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

Failure Database::failure(int code) const {
  const int primary = code & 0xFF;
  const std::string message = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT)
    return fail(ErrorKind::parse,
                fmt::format("use the history: the file is damaged ({}); move it away to start a new one", message),
                file_.string());
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
    return Failure{Error{
        ErrorKind::io, fmt::format("use the history: other runs held it for {} s ({})", kBusyTimeoutMs / 1000, message),
        file_.string(), EBUSY}};
  return fail(ErrorKind::io, fmt::format("use the history: {}", message), file_.string());
}

Result<Transaction> Transaction::begin(const Database& database) {
  RH_CHECK(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // One that SQLite has rolled back itself (a full disk) needs no second one.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK").has_value();
}

Result<void> Transaction::commit() {
  RH_CHECK(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace rh::engine
