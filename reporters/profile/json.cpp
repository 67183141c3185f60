// The documents of a profile and of the comparison of two.
#include "reporters/profile/json.h"

#include "reporters/json/encoder.h"
#include "reporters/profile/json_fields.h"

namespace rh::reporters {

template <class V>
void fields(V& v, Type<model::ShareChange>) {
  using T = model::ShareChange;
  v("change", &T::value);
  v("low", &T::low);
  v("high", &T::high);
  v("counts", &T::counts);
}

template <class V>
void fields(V& v, Type<model::FunctionChange>) {
  using T = model::FunctionChange;
  v("name", &T::name);
  v("file", &T::file);
  v("line", &T::line);
  v("in_base", &T::in_base);
  v("in_head", &T::in_head);
  v("self", &T::self);
  v("total", &T::total);
  v("base_self", &T::base_self);
  v("head_self", &T::head_self);
  v("base_total", &T::base_total);
  v("head_total", &T::head_total);
}

template <class V>
void fields(V& v, Type<model::DiffSide>) {
  using T = model::DiffSide;
  v("file", &T::file);
  v("command", &T::command);
  v("started_at", &T::started_at);
  v("duration_ns", &T::duration_ns);
  v.derived("sampled_ns", [](const T& side) { return side.time.ns; });
  v.derived("samples", [](const T& side) { return side.time.samples; });
}

template <class V>
void fields(V& v, Type<model::DiffGate>) {
  using T = model::DiffGate;
  v("rule", &T::rule);
  v("failed", &T::failed);
  v("function", &T::function);
  v("change", &T::change);
  v("reason", &T::reason);
}

template <class V>
void fields(V& v, Type<model::ProfileDiff>) {
  using T = model::ProfileDiff;
  v.derived("clock", [](const T& diff) { return std::string(name_of_clock(diff.clock)); });
  v("base", &T::base);
  v("head", &T::head);
  v.derived("failed", [](const T& diff) {
    for (const model::DiffGate& gate : diff.gates)
      if (gate.failed) return true;
    return false;
  });
  v("run_variation", &T::run_variation);
  v("gates", &T::gates);
  v("diagnostics", &T::diagnostics);
  v("functions", &T::functions);
}

namespace {
constexpr unsigned kBrokenLevels = 2;  // a function and a column each have their own line of text
}

std::string profile_to_json(const model::Profile& profile, const model::ProfileSummary& summary) {
  JsonWriter writer(kBrokenLevels);
  Encoder(writer, Density::full, {}).value(document_of(profile, summary));
  return writer.take() + '\n';
}

std::string profile_diff_to_json(const model::ProfileDiff& diff) {
  JsonWriter writer(kBrokenLevels);
  writer.open('{');
  writer.key("schema");
  writer.string("runharness.profile-diff");
  writer.key("schema_version");
  writer.number(std::uint64_t{kProfileSchemaVersion});
  Encoder(writer, Density::full, {}).members(diff);
  writer.close('}');
  return writer.take() + '\n';
}

}  // namespace rh::reporters
