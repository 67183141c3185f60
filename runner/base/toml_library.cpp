// toml++ for programs without shared libraries: Debian ships no archive of it, but all of its source is in its headers.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
