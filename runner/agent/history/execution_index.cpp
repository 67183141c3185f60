#include "runner/agent/history/execution_index.h"

#include <unordered_set>

#include <fmt/core.h>

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using engine::Database;
using engine::Statement;
using engine::Transaction;

constexpr int kVersion = 1;
constexpr const char* kColumns =
    "file, id, short_id, timestamp, language, status, success, seconds, instruction, code_line, error_kind, "
    "error_line, "
    "packages, bytes, changed_ns";

Result<Database> open_version(const fs::path& file) {
  RH_TRY(Database database, Database::open(file, engine::OpenMode::create));
  RH_TRY(const std::int64_t version, database.single_integer("PRAGMA user_version"));
  if (version == kVersion) return database;
  if (version != 0) return fail(rh::ErrorKind::parse, "open the index: it is of another version", file.string());
  RH_CHECK(database.execute(fmt::format(
      "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS executions (file TEXT PRIMARY KEY, id TEXT, short_id TEXT, "
      "timestamp "
      "TEXT, language TEXT, status TEXT, success INTEGER, seconds TEXT, instruction TEXT, code_line TEXT, error_kind "
      "TEXT, error_line TEXT, packages TEXT, bytes INTEGER, changed_ns INTEGER); PRAGMA user_version={}; COMMIT",
      kVersion)));
  return database;
}

void remove_index(const fs::path& file) {
  std::error_code ignored;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
}

}  // namespace

Result<ExecutionIndex> ExecutionIndex::open(const fs::path& file) {
  auto database = open_version(file);
  if (!database && database.error().kind == rh::ErrorKind::parse) {
    remove_index(file);
    database = open_version(file);
  }
  if (!database) return Failure{database.error()};
  // What is lost with the power is read from the files again.
  RH_CHECK(database->execute("PRAGMA synchronous=OFF"));
  return ExecutionIndex(std::move(*database));
}

std::optional<StoredExecution> ExecutionIndex::find(const std::string& name, std::uint64_t bytes,
                                                    std::int64_t changed_ns) const {
  Statement query(database_,
                  fmt::format("SELECT {} FROM executions WHERE file=?1 AND bytes=?2 AND changed_ns=?3", kColumns));
  query.add(std::string_view(name)).add(static_cast<std::int64_t>(bytes)).add(changed_ns);
  if (!query.step()) return std::nullopt;
  StoredExecution found;
  found.file = query.text(0);
  found.id = query.text(1);
  found.short_id = query.text(2);
  found.timestamp = query.text(3);
  found.language = query.text(4);
  found.status = query.text(5);
  found.success = query.integer(6) != 0;
  if (const std::string seconds = query.text(7); !seconds.empty())
    found.seconds = std::strtod(seconds.c_str(), nullptr);
  found.instruction = query.text(8);
  found.code_line = query.text(9);
  found.error_kind = query.text(10);
  found.error_line = query.text(11);
  found.packages = query.text(12);
  found.bytes = bytes;
  found.changed_ns = changed_ns;
  return found;
}

Result<void> ExecutionIndex::put(const std::vector<StoredExecution>& executions) const {
  RH_TRY(Transaction transaction, Transaction::begin(database_));
  Statement insert(database_, fmt::format("INSERT OR REPLACE INTO executions ({}) VALUES "
                                          "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                                          kColumns));
  for (const StoredExecution& one : executions) {
    const auto text = [](const std::string& value) { return std::string_view(value); };
    const std::string seconds = one.seconds ? fmt::format("{}", *one.seconds) : std::string();
    insert.add(text(one.file)).add(text(one.id)).add(text(one.short_id)).add(text(one.timestamp));
    insert.add(text(one.language)).add(text(one.status)).add(static_cast<std::int64_t>(one.success ? 1 : 0));
    insert.add(text(seconds)).add(text(one.instruction)).add(text(one.code_line)).add(text(one.error_kind));
    insert.add(text(one.error_line)).add(text(one.packages)).add(static_cast<std::int64_t>(one.bytes));
    insert.add(one.changed_ns);
    RH_CHECK(insert.run());
  }
  return transaction.commit();
}

Result<void> ExecutionIndex::keep_only(const std::vector<std::string>& names) const {
  RH_TRY(const std::int64_t rows, database_.single_integer("SELECT count(*) FROM executions"));
  const std::unordered_set<std::string> there(names.begin(), names.end());
  if (rows == 0) return {};
  std::vector<std::string> gone;
  {
    Statement query(database_, "SELECT file FROM executions");
    while (query.step())
      if (std::string name = query.text(0); there.count(name) == 0) gone.push_back(std::move(name));
    RH_CHECK(query.end());
  }
  if (gone.empty()) return {};
  RH_TRY(Transaction transaction, Transaction::begin(database_));
  Statement erase(database_, "DELETE FROM executions WHERE file=?1");
  for (const std::string& name : gone) RH_CHECK(erase.add(std::string_view(name)).run());
  return transaction.commit();
}

}  // namespace rh::agent
