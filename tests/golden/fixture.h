// One fixed run with everything that reporters have to cope with: a failing, a crashed, a broken and a
// passing suite, retries, subtests, figures that are not known, and texts chosen to break formats.
#pragma once

#include "runner/model/report.h"

namespace rh::golden {

// Closes scripts and CDATA sections, holds control bytes, terminal sequences and bytes that are no UTF-8.
extern const std::string kHostile;

[[nodiscard]] model::RunReport make_report();
// A small run without any failure.
[[nodiscard]] model::RunReport make_passing_report();

}  // namespace rh::golden
