// Names for the machine code that a JVM generates: `java` is asked to write them when it ends, and to keep frame
// pointers, so that the profiler of machine code can walk and name Java's own calls. With --memory its Flight Recorder
// says where objects were allocated.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_jvm_profiler(const RecordingOptions& options, ProfileBuilder& builder);

// The feature release in the `release` file of a JDK (JAVA_VERSION="17.0.15"); 1.8 is 8; 0: not told.
[[nodiscard]] int java_release(std::string_view release_file);

}  // namespace rh::profiles
