# What every folder's CMakeLists.txt uses: warnings, object libraries, embedded files.
add_library(rh_options INTERFACE)
target_compile_options(rh_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
  $<$<CXX_COMPILER_ID:GNU>:-Werror>)  # clang is for fuzzing only
target_include_directories(rh_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(rh_options INTERFACE RUNHARNESS_VERSION="${PROJECT_VERSION}")
target_link_libraries(rh_options INTERFACE rh_fmt Threads::Threads)

# rh_library(sandbox a.cpp b.cpp): object library rh_sandbox, so that the linker drops nothing.
function(rh_library name)
  add_library(rh_${name} OBJECT ${ARGN})
  target_link_libraries(rh_${name} PUBLIC rh_options)
endfunction()

# rh_embed(adapters plugin.py rh_plugin_py): `extern "C" const char rh_plugin_py[]`, ended by NUL, and
# `rh_plugin_py_size` (without the NUL); see runner/base/embedded.h.
function(rh_embed name file symbol)
  get_filename_component(path ${file} ABSOLUTE)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
  file(WRITE ${source}.new
    ".section .rodata\n.global ${symbol}\n.balign 16\n${symbol}:\n.incbin \"${path}\"\n${symbol}_end:\n.byte 0\n"
    ".global ${symbol}_size\n.balign 8\n${symbol}_size:\n.quad ${symbol}_end - ${symbol}\n"
    ".section .note.GNU-stack,\"\",@progbits\n")
  configure_file(${source}.new ${source} COPYONLY)
  set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${path})
  target_sources(rh_${name} PRIVATE ${source})
endfunction()

# rh_unit_test(sandbox a_test.cpp ...): one executable per folder, unit_sandbox, label `unit`.
function(rh_unit_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${arg_LABEL}_${name} ${arg_SOURCES})
  target_link_libraries(${arg_LABEL}_${name} PRIVATE ${arg_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${arg_LABEL}_${name} PRIVATE RUNHARNESS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_precompile_headers(${arg_LABEL}_${name} PRIVATE <gtest/gtest.h> <string> <vector>)
  add_test(NAME ${arg_LABEL}_${name} COMMAND ${arg_LABEL}_${name})
  set_tests_properties(${arg_LABEL}_${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 60)
endfunction()
