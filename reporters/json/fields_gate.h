// The JSON members of what judges a run: verdicts, the patch, the history; see fields.h.
#pragma once

#include "reporters/json/fields_coverage.h"
#include "runner/model/report.h"

namespace rh::reporters {

template <class V>
void fields(V& v, Type<model::LineRange>) {
  v("first", &model::LineRange::first);
  v("last", &model::LineRange::last);
}

template <class V>
void fields(V& v, Type<model::GateEvidence>) {
  using T = model::GateEvidence;
  v("subject", &T::subject);
  v("lines", &T::lines);
  v("note", &T::note);
}

template <class V>
void fields(V& v, Type<model::GateVerdict>) {
  using T = model::GateVerdict;
  v("rule", &T::rule);
  v("scope", &T::scope);
  v("level", &T::level);
  v("state", &T::state);
  v("blocks", &T::blocks);
  v("threshold", &T::threshold);
  v("actual", &T::actual);
  v("evidence", &T::evidence);
  v("message", &T::message);
  v("culprits", &T::culprits);
}

template <class V>
void fields(V& v, Type<model::PatchLine>) {
  v("line", &model::PatchLine::line);
  v("state", &model::PatchLine::state);
}

template <class V>
void fields(V& v, Type<model::PatchFile>) {
  using T = model::PatchFile;
  v("path", &T::path);
  v("old_path", &T::old_path);
  v("kind", &T::kind);
  v("source", &T::source);
  v("measured", &T::measured);
  v("line_ratio", &T::line_ratio);
  v("branch_ratio", &T::branch_ratio);
  v("code_lines", &T::code_lines);
  v("note", &T::note);
  v("lines", &T::lines);
}

template <class V>
void fields(V& v, Type<model::Differential>) {
  using T = model::Differential;
  v("UNC", &T::unc);
  v("LBC", &T::lbc);
  v("UIC", &T::uic);
  v("UBC", &T::ubc);
  v("GBC", &T::gbc);
  v("GIC", &T::gic);
  v("GNC", &T::gnc);
  v("CBC", &T::cbc);
  v("EUB", &T::eub);
  v("ECB", &T::ecb);
  v("DUB", &T::dub);
  v("DCB", &T::dcb);
}

template <class V>
void fields(V& v, Type<model::PatchReport>) {
  using T = model::PatchReport;
  v("base", &T::base);
  v("merge_base", &T::merge_base);
  v("head", &T::head);
  v("dirty", &T::dirty);
  v("lines", &T::lines);
  v("branches", &T::branches);
  v("line_categories", &T::line_categories);
  v("branch_categories", &T::branch_categories);
  v("categories_reason", &T::categories_reason);
  v("files", &T::files);
}

template <class V>
void fields(V& v, Type<model::ReachedLines>) {
  v("test", &model::ReachedLines::test);
  v("lines", &model::ReachedLines::lines);
}

template <class V>
void fields(V& v, Type<model::ReachedFile>) {
  using T = model::ReachedFile;
  v("path", &T::path);
  v("source_hash", &T::source_hash);
  v("tests", &T::tests);
}

template <class V>
void fields(V& v, Type<model::TestMap>) {
  using T = model::TestMap;
  v("granularity", &T::granularity);
  v("reason", &T::reason);
  v("tests", &T::tests);
  v("files", &T::files);
}

template <class V>
void fields(V& v, Type<model::TestSelection>) {
  using T = model::TestSelection;
  v("asked", &T::asked);
  v("all", &T::all);
  v("reason", &T::reason);
  v("causes", &T::causes);
  v("compared_with", &T::compared_with);
  v("known", &T::known);
  v("reach_changes", &T::reach_changes);
  v("in_changed_files", &T::in_changed_files);
  v("failed_before", &T::failed_before);
  v("not_mapped", &T::not_mapped);
  v("added", &T::added);
  v("ran", &T::ran);
  v("left_out", &T::left_out);
  v("summary", &T::summary);
}

template <class V>
void fields(V& v, Type<model::PastResult>) {
  using T = model::PastResult;
  v("outcome", &T::outcome);
  v("flaky", &T::flaky);
  v("duration_ns", &T::duration);
}

template <class V>
void fields(V& v, Type<model::FlakeRate>) {
  using T = model::FlakeRate;
  v("flips", &T::flips);
  v("chances", &T::chances);
  v("low", &T::low);
  v("high", &T::high);
}

template <class V>
void fields(V& v, Type<model::Quarantine>) {
  using T = model::Quarantine;
  v("owner", &T::owner);
  v("reason", &T::reason);
  v("expires", &T::expires);
  v("expired", &T::expired);
}

template <class V>
void fields(V& v, Type<model::BaseRun>) {
  using T = model::BaseRun;
  v("label", &T::label);
  v("commit", &T::commit);
  v("coverage", &T::coverage);
  v("tests", &T::tests);
  v("failed", &T::failed);
  v("skipped", &T::skipped);
  v("wall_ns", &T::wall);
}

}  // namespace rh::reporters
