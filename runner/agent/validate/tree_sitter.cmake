# The parser generator's runtime and the grammars of the six languages, which Debian does not have in a version that
# fits: fetched once with npm (which the HTML report needs, too), checked against the hashes below, compiled into
# rh_tree_sitter. RUNHARNESS_VALIDATION says what happens when they cannot be had:
#   AUTO  the build goes on, `runharness validate` says that it is not built in, and code that had to be validated is
#         not run
#   ON    configuring fails
#   OFF   nothing is fetched
# RUNHARNESS_DOWNLOADS is kept between builds: what lies there already is checked and used without network.
set(RUNHARNESS_VALIDATION AUTO CACHE STRING "Validation of code by syntax trees: ON, OFF or AUTO")
set_property(CACHE RUNHARNESS_VALIDATION PROPERTY STRINGS ON OFF AUTO)
if(DEFINED ENV{RUNHARNESS_DOWNLOADS})
  set(default_downloads $ENV{RUNHARNESS_DOWNLOADS})
else()
  set(default_downloads ${PROJECT_SOURCE_DIR}/build/downloads)
endif()
set(RUNHARNESS_DOWNLOADS ${default_downloads} CACHE PATH "Folder for sources that are fetched once for all builds")

# name version SHA-256 of the npm tarball
set(RUNHARNESS_TREE_SITTER_PACKAGES
  "tree-sitter 0.25.0 016448ee8e2c23aed7e1155c118cd66cd026e6436f7394b3f3606d30bf9aaa4a"
  "tree-sitter-bash 0.25.1 d4b2819508ea97cb8953fff7e304a610d443007bd395c8f03a15de9a8ae4a6f9"
  "tree-sitter-go 0.25.0 f7265544d6b297797dc3675c02b76fb182c177ce29fda10ac1f36e9ab33fd90e"
  "tree-sitter-java 0.23.5 6b6c1b62605f9d8bb80efd2ebe5951a87b182faafa3eeb67c460a667818551b6"
  "tree-sitter-javascript 0.25.0 6214ce23d03aba525ba8edd6ca7caf365c969f2c2dbfc353e376ca54507ffb92"
  "tree-sitter-python 0.25.0 63b76b3fa8181fd79eaad4abcdb21e2babcb504dbfc7710a89934fa456d26096"
  "tree-sitter-rust 0.24.0 4248da0b9ea40fec13ef010822e7b92a9d1ebdf74f6f2733539b1dbbb086c5bb")

# Sets `problem` to a sentence, or to nothing when `tarball` is there as it should be.
function(rh_fetch_npm name version hash tarball problem)
  set(${problem} "" PARENT_SCOPE)
  if(EXISTS ${tarball})
    file(SHA256 ${tarball} actual)
    if(actual STREQUAL hash)
      return()
    endif()
  endif()
  find_program(RUNHARNESS_NPM npm)
  if(NOT RUNHARNESS_NPM)
    set(${problem} "npm is not there to fetch ${name} ${version}" PARENT_SCOPE)
    return()
  endif()
  string(RANDOM LENGTH 8 unique)
  set(folder ${RUNHARNESS_DOWNLOADS}/incoming-${unique})  # two builds may be configured at once
  file(MAKE_DIRECTORY ${folder})
  execute_process(
    COMMAND ${RUNHARNESS_NPM} pack --silent --fetch-retries=1 --fetch-timeout=20000 ${name}@${version}
    WORKING_DIRECTORY ${folder} TIMEOUT 90 RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE said)
  file(GLOB fetched ${folder}/*.tgz)
  if(NOT code EQUAL 0 OR NOT fetched)
    string(STRIP "${said}" said)
    set(${problem} "npm could not fetch ${name} ${version} (${code}): ${said}" PARENT_SCOPE)
  else()
    file(SHA256 ${fetched} actual)
    if(actual STREQUAL hash)
      file(RENAME ${fetched} ${tarball})
    else()
      set(${problem} "${name} ${version} has the SHA-256 ${actual}, not ${hash}" PARENT_SCOPE)
    endif()
  endif()
  file(REMOVE_RECURSE ${folder})
endfunction()

# Unpacks each package into <build>/tree-sitter/<name>; a stamp with the hash makes it a matter of once.
function(rh_tree_sitter_sources folder problem)
  foreach(package ${RUNHARNESS_TREE_SITTER_PACKAGES})
    separate_arguments(package)
    list(GET package 0 name)
    list(GET package 1 version)
    list(GET package 2 hash)
    set(stamp ${folder}/${name}/.${hash})
    if(EXISTS ${stamp})
      continue()
    endif()
    set(tarball ${RUNHARNESS_DOWNLOADS}/${name}-${version}.tgz)
    rh_fetch_npm(${name} ${version} ${hash} ${tarball} missing)
    if(missing)
      set(${problem} "${missing}" PARENT_SCOPE)
      return()
    endif()
    file(REMOVE_RECURSE ${folder}/${name})
    file(ARCHIVE_EXTRACT INPUT ${tarball} DESTINATION ${folder}/${name})
    file(TOUCH ${stamp})
  endforeach()
  set(${problem} "" PARENT_SCOPE)
endfunction()

set(RUNHARNESS_VALIDATION_BUILT OFF)
if(RUNHARNESS_VALIDATION)
  set(folder ${CMAKE_BINARY_DIR}/tree-sitter)
  rh_tree_sitter_sources(${folder} problem)
  if(problem AND RUNHARNESS_VALIDATION STREQUAL "ON")
    message(FATAL_ERROR "Validation cannot be built: ${problem}")
  elseif(problem)
    message(STATUS "Validation is not built in: ${problem}")
  else()
    set(RUNHARNESS_VALIDATION_BUILT ON)
  endif()
endif()

if(RUNHARNESS_VALIDATION_BUILT)
  set(core ${folder}/tree-sitter/package/vendor/tree-sitter/lib)
  add_library(rh_tree_sitter STATIC ${core}/src/lib.c)
  foreach(language bash go java javascript python rust)
    set(source ${folder}/tree-sitter-${language}/package/src)
    add_library(rh_grammar_${language} OBJECT ${source}/parser.c)
    if(EXISTS ${source}/scanner.c)
      target_sources(rh_grammar_${language} PRIVATE ${source}/scanner.c)
    endif()
    target_include_directories(rh_grammar_${language} PRIVATE ${source})
    # Generated tables: nobody steps through them, and optimising more than this costs minutes for nothing.
    target_compile_options(rh_grammar_${language} PRIVATE -w -O1 -g0)
    target_sources(rh_tree_sitter PRIVATE $<TARGET_OBJECTS:rh_grammar_${language}>)
  endforeach()
  target_include_directories(rh_tree_sitter SYSTEM PUBLIC ${core}/include PRIVATE ${core}/src)
  target_compile_definitions(rh_tree_sitter PRIVATE _POSIX_C_SOURCE=200112L _DEFAULT_SOURCE)
  target_compile_options(rh_tree_sitter PRIVATE -w -O2 -g0)
endif()
