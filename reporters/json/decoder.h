// Reads values of the model from parsed JSON, by the member lists of fields.h. Members that are not
// known are ignored and absent ones keep their default; the first member of a wrong type, range or
// name stops the reading, and its place is told.
#pragma once

#include <filesystem>
#include <limits>

#include <nlohmann/json.hpp>

#include "reporters/json/fields.h"
#include "reporters/json/kinds.h"
#include "runner/base/result.h"
#include "runner/model/names.h"

namespace rh::reporters {

class Decoder {
 public:
  explicit Decoder(std::chrono::nanoseconds zero) : zero_(zero) {}

  template <class T>
  void value(const nlohmann::json& json, T& out);
  template <class T>
  void instant(const nlohmann::json& json, T& out);
  template <class T>
  void members(const nlohmann::json& json, T& out);

  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

 private:
  template <class T>
  class Members;
  struct Place {
    std::string_view name;  // empty: `index` of a list
    std::size_t index = 0;
  };

  // Each answers whether the type is right, and notes the problem when it is not.
  bool expect(bool right, std::string_view expected);
  void stop(std::string problem);
  [[nodiscard]] bool is_map(const nlohmann::json& json) { return expect(json.is_object(), "an object"); }
  std::int64_t integer(const nlohmann::json& json, std::int64_t min, std::int64_t max);
  std::uint64_t unsigned_integer(const nlohmann::json& json, std::uint64_t max);
  void text(const nlohmann::json& json, std::string& out);
  void time(const nlohmann::json& json, std::chrono::system_clock::time_point& out);
  void text_map(const nlohmann::json& json, TextMap& out);
  template <class T>
  void enumerator(const nlohmann::json& json, T& out);
  template <class T>
  void list(const nlohmann::json& json, std::vector<T>& out);
  template <class T>
  void object(const nlohmann::json& json, T& out);

  // What the types alone cannot say.
  template <class T>
  void check(const T&) {}
  void check(const model::TestRecord& record);
  void check(const model::SampleSeries& series);

  std::chrono::nanoseconds zero_;
  std::vector<Place> places_;
  std::optional<std::string> problem_;
};

// The visitor of one struct.
template <class T>
class Decoder::Members {
 public:
  Members(Decoder& decoder, const nlohmann::json& json, T& object) : decoder_(decoder), json_(json), object_(object) {}

  template <class M>
  void operator()(std::string_view name, M T::*member) {
    visit(name, [&](const nlohmann::json& json) { decoder_.value(json, object_.*member); });
  }
  template <class M>
  void instant(std::string_view name, M T::*member) {
    visit(name, [&](const nlohmann::json& json) { decoder_.instant(json, object_.*member); });
  }
  template <class Function>
  void derived(std::string_view, Function) {}

 private:
  template <class Read>
  void visit(std::string_view name, Read read) {
    if (decoder_.problem_) return;
    const nlohmann::json* member = find(name);
    if (member == nullptr) return;
    decoder_.places_.push_back({name, 0});
    read(*member);
    decoder_.places_.pop_back();
  }
  const nlohmann::json* find(std::string_view name) {
    if constexpr (kIsRow<T>) {
      const std::size_t index = next_++;
      if (decoder_.expect(index < json_.size(), "a longer row")) return &json_[index];
      return nullptr;
    } else {
      const auto found = json_.find(name);
      return found == json_.end() ? nullptr : &*found;
    }
  }

  Decoder& decoder_;
  const nlohmann::json& json_;
  T& object_;
  std::size_t next_ = 0;
};

template <class T>
void Decoder::members(const nlohmann::json& json, T& out) {
  Members<T> visitor(*this, json, out);
  fields(visitor, Type<T>{});
}

template <class T>
void Decoder::value(const nlohmann::json& json, T& out) {
  if (problem_) return;
  if constexpr (std::is_same_v<T, bool>) {
    if (expect(json.is_boolean(), "true or false")) out = json.get<bool>();
  } else if constexpr (std::is_enum_v<T>)
    enumerator(json, out);
  else if constexpr (std::is_unsigned_v<T>)
    out = static_cast<T>(unsigned_integer(json, std::numeric_limits<T>::max()));
  else if constexpr (std::is_integral_v<T>)
    out = static_cast<T>(integer(json, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  else if constexpr (std::is_floating_point_v<T>) {
    if (expect(json.is_number(), "a number")) out = json.get<T>();
  } else if constexpr (std::is_same_v<T, std::string>)
    text(json, out);
  else if constexpr (kIsId<T>)
    text(json, out.value);
  else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    std::string path;
    text(json, path);
    out = std::move(path);
  } else if constexpr (kIsDuration<T>) {
    const auto count =
        integer(json, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    out = std::chrono::duration_cast<T>(std::chrono::nanoseconds(count));
  } else if constexpr (std::is_same_v<T, std::chrono::system_clock::time_point>)
    time(json, out);
  else if constexpr (std::is_same_v<T, TextPairs>) {
    TextMap map;
    text_map(json, map);
    out.assign(map.begin(), map.end());
  } else if constexpr (std::is_same_v<T, TextMap>)
    text_map(json, out);
  else if constexpr (kIsOptional<T>) {
    if (json.is_null())
      out.reset();
    else
      value(json, out.emplace());
  } else if constexpr (kIsVector<T>)
    list(json, out);
  else
    object(json, out);
}

template <class T>
void Decoder::instant(const nlohmann::json& json, T& out) {
  if (problem_) return;
  if constexpr (kIsOptional<T>) {
    if (json.is_null())
      out.reset();
    else
      instant(json, out.emplace());
  } else if constexpr (kIsDuration<T>) {
    value(json, out);
    out += zero_;
  } else {
    value(json, out);
    for (std::int64_t& t_ns : out) t_ns += zero_.count();
  }
}

template <class T>
void Decoder::enumerator(const nlohmann::json& json, T& out) {
  std::string name;
  text(json, name);
  if (problem_) return;
  if (const auto known = model::from_name<T>(name))
    out = *known;
  else
    stop("unknown name '" + name.substr(0, 40) + "'");
}

template <class T>
void Decoder::list(const nlohmann::json& json, std::vector<T>& out) {
  if (!expect(json.is_array(), "a list")) return;
  out.clear();
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size() && !problem_; ++i) {
    places_.push_back({{}, i});
    value(json[i], out.emplace_back());
    places_.pop_back();
  }
}

template <class T>
void Decoder::object(const nlohmann::json& json, T& out) {
  if constexpr (kIsRow<T>) {
    if (!expect(json.is_array(), "a row")) return;
  } else {
    if (!is_map(json)) return;
  }
  members(json, out);
  if (!problem_) check(out);
}

}  // namespace rh::reporters
