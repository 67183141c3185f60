// Writes values of the model as JSON, by the member lists of fields.h.
#pragma once

#include <filesystem>

#include <fmt/core.h>

#include "reporters/json/downsample.h"
#include "reporters/json/fields.h"
#include "reporters/json/kinds.h"
#include "reporters/json/writer.h"
#include "runner/base/clock.h"
#include "runner/model/names.h"

namespace rh::reporters {

// Sparse documents leave out members that are empty and read back as empty when they are absent.
enum class Density { full, sparse };

class Encoder {
 public:
  Encoder(JsonWriter& writer, Density density, std::chrono::nanoseconds zero)
      : writer_(writer), density_(density), zero_(zero) {}

  template <class T>
  void value(const T& value);
  template <class T>
  void instant(const T& value);
  // The members alone, for a caller that opens the object and adds some of its own.
  template <class T>
  void members(const T& value);

 private:
  template <class T>
  class Members;
  template <class T>
  void series(const T& value);
  void pairs(const TextPairs& pairs) { value(TextMap(pairs.begin(), pairs.end())); }
  void text_map(const TextMap& map);
  void decimal(const Percent& percent);

  JsonWriter& writer_;
  Density density_;
  std::chrono::nanoseconds zero_;
};

// The visitor of one struct.
template <class T>
class Encoder::Members {
 public:
  Members(Encoder& encoder, const T& object) : encoder_(encoder), object_(object) {}

  template <class M>
  void operator()(std::string_view name, M T::*member) {
    if (skip(member)) return;
    begin(name);
    encoder_.value(object_.*member);
  }
  template <class M>
  void instant(std::string_view name, M T::*member) {
    if (skip(member)) return;
    begin(name);
    encoder_.instant(object_.*member);
  }
  template <class Function>
  void derived(std::string_view name, Function compute) {
    if (encoder_.density_ == Density::sparse) return;
    begin(name);
    encoder_.value(compute(object_));
  }

 private:
  void begin(std::string_view name) {
    if constexpr (!kIsRow<T>) encoder_.writer_.key(name);
  }
  template <class M>
  bool skip(M T::*member) const {
    if constexpr (kIsRow<T>)
      return false;
    else {
      static const T kDefault{};  // what a reader leaves in place when the member is absent
      return encoder_.density_ == Density::sparse && is_blank(object_.*member) && is_blank(kDefault.*member);
    }
  }
  template <class M>
  static bool is_blank(const M& value) {
    if constexpr (kIsOptional<M>)
      return !value.has_value();
    else if constexpr (requires { value.empty(); })
      return value.empty();
    else if constexpr (kIsFigure<M>)
      return value == M{};
    else
      return false;
  }

  Encoder& encoder_;
  const T& object_;
};

template <class T>
void Encoder::members(const T& value) {
  Members<T> visitor(*this, value);
  fields(visitor, Type<T>{});
}

template <class T>
void Encoder::value(const T& value) {
  if constexpr (std::is_same_v<T, bool>)
    writer_.boolean(value);
  else if constexpr (std::is_enum_v<T>)
    writer_.string(model::name_of(value));
  else if constexpr (std::is_unsigned_v<T>)
    writer_.number(std::uint64_t{value});
  else if constexpr (std::is_integral_v<T>)
    writer_.number(std::int64_t{value});
  else if constexpr (std::is_floating_point_v<T>)
    writer_.literal(fmt::format("{}", value));  // always finite
  else if constexpr (std::is_same_v<T, std::string>)
    writer_.string(value);
  else if constexpr (std::is_same_v<T, std::filesystem::path>)
    writer_.string(value.native());
  else if constexpr (kIsId<T>)
    writer_.string(value.value);
  else if constexpr (kIsDuration<T>)
    writer_.number(std::int64_t{std::chrono::nanoseconds(value).count()});
  else if constexpr (std::is_same_v<T, std::chrono::system_clock::time_point>)
    writer_.string(to_rfc3339(value));
  else if constexpr (std::is_same_v<T, Percent>)
    decimal(value);
  else if constexpr (std::is_same_v<T, TextPairs>)
    pairs(value);
  else if constexpr (std::is_same_v<T, TextMap>)
    text_map(value);
  else if constexpr (kIsOptional<T>)
    value ? this->value(*value) : writer_.null();
  else if constexpr (kIsVector<T>) {
    writer_.open('[');
    for (const auto& item : value) this->value(item);
    writer_.close(']');
  } else if constexpr (std::is_same_v<T, model::SampleSeries>)
    series(value);
  else {
    writer_.open(kIsRow<T> ? '[' : '{');
    members(value);
    writer_.close(kIsRow<T> ? ']' : '}');
  }
}

template <class T>
void Encoder::instant(const T& value) {
  if constexpr (kIsOptional<T>)
    value ? instant(*value) : writer_.null();
  else if constexpr (kIsDuration<T>)
    this->value(value - zero_);
  else {
    writer_.open('[');
    for (const std::int64_t t_ns : value) writer_.number(t_ns - zero_.count());
    writer_.close(']');
  }
}

template <class T>
void Encoder::series(const T& value) {
  writer_.open('{');
  members(downsample(value));
  writer_.key("samples_taken");
  writer_.number(std::uint64_t{value.t_ns.size()});
  writer_.close('}');
}

inline void Encoder::text_map(const TextMap& map) {
  writer_.open('{');
  for (const auto& [key, text] : map) {
    writer_.key(key);
    writer_.string(text);
  }
  writer_.close('}');
}

inline void Encoder::decimal(const Percent& percent) {
  if (percent.hundredths)
    writer_.literal(to_text(percent));
  else
    writer_.null();
}

}  // namespace rh::reporters
