// Puts a large text into a page as characters that no HTML parser reads anything into.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runner/base/result.h"

struct z_stream_s;

namespace rh::reporters {

// The same bytes for the same pieces.
class GzipStream {
 public:
  GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream();

  void feed(std::string_view bytes);
  // What came out so far; some thousand bytes of what was fed may still be inside.
  [[nodiscard]] std::size_t size() const { return packed_.size(); }
  [[nodiscard]] Result<std::string> finish();

 private:
  void run(std::string_view bytes, int flush);

  std::unique_ptr<z_stream_s> stream_;
  std::string packed_;
  int code_;
};

[[nodiscard]] Result<std::string> gzip(std::string_view bytes);  // the same bytes for the same input
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace rh::reporters
