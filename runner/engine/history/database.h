// A SQLite database with errors as values. The file lies in a folder that a repository may bring along, so
// it is opened as untrusted: through no link, without what its schema could make SQLite do, within limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runner/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rh::engine {

class Database;

// One prepared statement. Numbering of parameters starts with 1, of columns with 0. An error of preparing,
// binding or stepping is kept, and `end` tells it: a loop over rows needs one check behind it.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::optional<std::int64_t> value);

  // The parameter behind the one that was added last; the first one after run().
  template <class T>
  Statement& add(const T& value) {
    return bind(++added_, value);
  }

  [[nodiscard]] bool step();  // true: there is a row
  [[nodiscard]] Result<void> end();
  [[nodiscard]] Result<void> run();  // no rows wanted; ready to be bound again

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  const Database* database_;
  sqlite3_stmt* statement_ = nullptr;
  int added_ = 0;
  int problem_ = 0;  // SQLite's code of the first error
};

enum class OpenMode { create, existing };

class Database {
 public:
  // `existing`: a file that is not there is an error of ErrorKind::not_found.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file, OpenMode mode);

  // Several statements at once, without parameters.
  [[nodiscard]] Result<void> execute(const std::string& sql) const;
  [[nodiscard]] Result<std::int64_t> single_integer(const std::string& sql) const;
  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] std::int64_t changes() const;  // rows that the last statement changed
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  // What went wrong, with what a person can do about it.
  [[nodiscard]] Failure failure(int code) const;

 private:
  friend class Statement;
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  Database(sqlite3* handle, std::filesystem::path file) : handle_(handle), file_(std::move(file)) {}
  std::unique_ptr<sqlite3, Closer> handle_;
  std::filesystem::path file_;
};

// A transaction that writes, from the start: waits for other writers here and nowhere later. Rolled back
// unless it was committed.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(const Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  const Database* database_;
};

}  // namespace rh::engine
