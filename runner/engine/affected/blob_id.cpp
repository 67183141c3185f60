#include "runner/engine/affected/blob_id.h"

#include <boost/uuid/detail/sha1.hpp>

#include <fmt/format.h>

namespace rh::engine {

std::string blob_id(std::string_view bytes) {
  boost::uuids::detail::sha1 hash;
  const std::string head = fmt::format("blob {}", bytes.size());
  hash.process_bytes(head.c_str(), head.size() + 1);  // with the NUL
  hash.process_bytes(bytes.data(), bytes.size());
  unsigned int words[5];
  hash.get_digest(words);
  return fmt::format("{:08x}{:08x}{:08x}{:08x}{:08x}", words[0], words[1], words[2], words[3], words[4]);
}

}  // namespace rh::engine
