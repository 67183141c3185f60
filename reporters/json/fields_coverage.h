// The JSON members of coverage; see fields.h.
#pragma once

#include "reporters/json/type.h"
#include "reporters/percent.h"
#include "runner/model/coverage.h"

namespace rh::reporters {

template <class V>
void fields(V& v, Type<model::LineHits>) {
  using T = model::LineHits;
  v("line", &T::line);
  v("hits", &T::hits);
}

template <class V>
void fields(V& v, Type<model::BranchHits>) {
  using T = model::BranchHits;
  v("line", &T::line);
  v("block", &T::block);
  v("branch", &T::branch);
  v("taken", &T::taken);
}

template <class V>
void fields(V& v, Type<model::FunctionHits>) {
  using T = model::FunctionHits;
  v("name", &T::name);
  v("line", &T::line);
  v("hits", &T::hits);
}

template <class V>
void fields(V& v, Type<model::BlockHits>) {
  using T = model::BlockHits;
  v("start_line", &T::start_line);
  v("start_column", &T::start_column);
  v("end_line", &T::end_line);
  v("end_column", &T::end_column);
  v("statements", &T::statements);
  v("hits", &T::hits);
}

template <class V>
void fields(V& v, Type<model::Ratio>) {
  using T = model::Ratio;
  v("found", &T::found);
  v("hit", &T::hit);
  v.derived("percent", [](const T& ratio) { return percent_of(ratio); });
}

template <class V>
void fields(V& v, Type<model::CoverageTotals>) {
  using T = model::CoverageTotals;
  v("lines", &T::lines);
  v("branches", &T::branches);
  v("functions", &T::functions);
  v("statements", &T::statements);
  v("regions", &T::regions);
}

template <class V>
void fields(V& v, Type<model::CoverageFile>) {
  using T = model::CoverageFile;
  v("path", &T::path);
  v.derived("totals", totals_of);
  v("lines", &T::lines);
  v("branches", &T::branches);
  v("functions", &T::functions);
  v("blocks", &T::blocks);
  v("regions", &T::regions);
  v("source_hash", &T::source_hash);
}

template <class V>
void fields(V& v, Type<model::CoverageReport>) {
  using T = model::CoverageReport;
  v("totals", &T::totals);
  v("basis", &T::basis);
  v.derived("percent", [](const T& coverage) { return percent_of(ratio_of_basis(coverage)); });
  v("tool", &T::tool);
  v("reason", &T::reason);
  v("unresolved", &T::unresolved);
  v("divergent", &T::divergent);
  v("files", &T::files);
}

}  // namespace rh::reporters
