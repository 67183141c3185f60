// Writes a struct of the model without some of its members: the page keeps those in a form of its own.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "reporters/json/encoder.h"

namespace rh::reporters {

template <class T>
class MembersBut {
 public:
  MembersBut(JsonWriter& writer, Encoder& encoder, const T& object, std::initializer_list<std::string_view> left_out)
      : writer_(writer), encoder_(encoder), object_(object), left_out_(left_out) {
    fields(*this, Type<T>{});
  }

  template <class M>
  void operator()(std::string_view name, M T::*member) {
    if (!begin(name)) return;
    encoder_.value(object_.*member);
  }
  template <class M>
  void instant(std::string_view name, M T::*member) {
    if (!begin(name)) return;
    encoder_.instant(object_.*member);
  }
  template <class Function>
  void derived(std::string_view name, Function compute) {
    if (!begin(name)) return;
    encoder_.value(compute(object_));
  }

 private:
  bool begin(std::string_view name) {
    if (std::find(left_out_.begin(), left_out_.end(), name) != left_out_.end()) return false;
    writer_.key(name);
    return true;
  }

  JsonWriter& writer_;
  Encoder& encoder_;
  const T& object_;
  std::initializer_list<std::string_view> left_out_;
};

}  // namespace rh::reporters
