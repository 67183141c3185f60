// A program to start: argument vector, environment and working folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rh::model {

using Environment = std::map<std::string, std::string>;

struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up in env's PATH when it has no '/'
  std::filesystem::path cwd;      // absolute
  Environment env;                // the additions of an adapter, or (for the sandbox) the whole environment
};

}  // namespace rh::model
