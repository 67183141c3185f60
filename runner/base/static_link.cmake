# RUNHARNESS_STATIC: the program is linked without shared libraries, because loading and binding them costs more than the
# whole sandbox around a short command (docs/decisions/0006-no-shared-libraries.md). Targets keep their names; what they
# stand for is exchanged here. Tests link the same archives, but stay dynamic programs.
string(FIND "${CMAKE_CXX_FLAGS}" "-fsanitize=" sanitized)
option(RUNHARNESS_STATIC "Link the program without shared libraries" ON)
if(sanitized GREATER -1)
  set(RUNHARNESS_STATIC OFF)  # their run-time libraries are loaded dynamically
endif()

if(RUNHARNESS_STATIC AND fmt_VERSION VERSION_GREATER_EQUAL 10)
  message(STATUS "fmt ${fmt_VERSION}: runner/base/fmt_library.cpp is written for version 9; linking with shared libraries")
  set(RUNHARNESS_STATIC OFF)
endif()
foreach(name sqlite3 z seccomp dw elf bz2 lzma)
  find_library(RUNHARNESS_ARCHIVE_${name} lib${name}.a)
  mark_as_advanced(RUNHARNESS_ARCHIVE_${name})
  if(RUNHARNESS_STATIC AND NOT RUNHARNESS_ARCHIVE_${name} AND (TARGET PkgConfig::libseccomp OR NOT name STREQUAL seccomp))
    message(STATUS "lib${name}.a was not found; linking with shared libraries")
    set(RUNHARNESS_STATIC OFF)
  endif()
endforeach()

# rh_header_library(rh_fmt fmt::fmt file.cpp): an archive compiled from the library's headers, used with the same
# definitions and options as the library itself; without RUNHARNESS_STATIC that library.
function(rh_header_library name library source)
  if(NOT RUNHARNESS_STATIC)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${library})
    return()
  endif()
  add_library(${name} STATIC ${source})
  foreach(property COMPILE_DEFINITIONS COMPILE_OPTIONS)
    get_target_property(value ${library} INTERFACE_${property})
    if(value)
      set_property(TARGET ${name} APPEND PROPERTY ${property} ${value})
      set_property(TARGET ${name} APPEND PROPERTY INTERFACE_${property} ${value})
    endif()
  endforeach()
endfunction()

if(RUNHARNESS_STATIC)
  foreach(property LOCATION LOCATION_NONE LOCATION_RELEASE)
    set_property(TARGET SQLite::SQLite3 PROPERTY IMPORTED_${property} ${RUNHARNESS_ARCHIVE_sqlite3})
    set_property(TARGET ZLIB::ZLIB PROPERTY IMPORTED_${property} ${RUNHARNESS_ARCHIVE_z})
  endforeach()
  set_property(TARGET SQLite::SQLite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES m)
  set_property(TARGET PkgConfig::libdw PROPERTY INTERFACE_LINK_LIBRARIES ${RUNHARNESS_ARCHIVE_dw} ${RUNHARNESS_ARCHIVE_elf}
    ${RUNHARNESS_ARCHIVE_z} ${RUNHARNESS_ARCHIVE_bz2} ${RUNHARNESS_ARCHIVE_lzma})
  if(TARGET PkgConfig::libseccomp)
    set_property(TARGET PkgConfig::libseccomp PROPERTY INTERFACE_LINK_LIBRARIES ${RUNHARNESS_ARCHIVE_seccomp})
  endif()
endif()
