// A name for what is made from several texts: the same texts in the same order give the same name.
#pragma once

#include <string>
#include <string_view>

#include "runner/agent/digest.h"

namespace rh::agent {

class ContentKey {
 public:
  ContentKey& add(std::string_view text) {
    text_ += std::to_string(text.size());
    text_ += ':';
    text_ += text;
    return *this;
  }
  [[nodiscard]] std::string hex() const { return sha256_hex(text_); }

 private:
  std::string text_;
};

}  // namespace rh::agent
