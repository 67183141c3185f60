// The tables of .runharness/history.db, and how an older file is brought to them. docs/history.md shows
// them to whoever wants to ask the file by SQL.
#pragma once

#include <cstdint>

#include "runner/base/result.h"
#include "runner/engine/history/database.h"
#include "runner/model/outcome.h"

namespace rh::engine {

constexpr std::int64_t kHistorySchemaVersion = 2;

// Creates the tables, or migrates them in one transaction; runs that do so at the same time wait for each
// other. A file of a newer runharness is an error of ErrorKind::unsupported and stays as it is.
[[nodiscard]] Result<void> prepare_schema(const Database& database);

// Outcomes as the column results.outcome holds them. Numbers are for ever; failures are kFirstFailure and up.
constexpr std::int64_t kFirstFailure = 8;
[[nodiscard]] std::int64_t stored_outcome(model::Outcome outcome);
[[nodiscard]] model::Outcome outcome_of_stored(std::int64_t number);

}  // namespace rh::engine
