// Where one minor version of CPython keeps what the sampler reads: byte offsets within its structures. The tables
// come from the headers of each release (offsets/generate.py); 3.13 and later also describe themselves in
// _Py_DebugOffsets, which then has the last word.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "runner/base/result.h"

namespace rh::profiles::python {

inline constexpr int kOldestMinor = 8;
inline constexpr int kNewestMinor = 14;
inline constexpr std::size_t kDebugOffsetsBytes = 1024;  // room for every _Py_DebugOffsets so far

// 0 where a version has no such member (or has it at the start, which the readers know).
struct Layout {
  std::uint32_t minor = 0;
  // _PyRuntimeState
  std::uint32_t finalizing = 0, interpreters_head = 0;
  // PyInterpreterState
  std::uint32_t interp_id = 0, interp_next = 0, interp_threads_head = 0;
  // struct _gil_runtime_state: part of the runtime up to 3.11, behind a pointer in the interpreter since
  std::uint32_t gil_in_runtime = 0, gil_in_interp = 0;
  std::uint32_t gil_locked = 0, gil_holder = 0, gil_size = 0;
  // struct _gc_runtime_state
  std::uint32_t gc_in_runtime = 0, gc_in_interp = 0, gc_collecting = 0;
  // PyThreadState; `thread_frame` is a frame, or up to 3.12 the _PyCFrame that has it
  std::uint32_t thread_size = 0, thread_next = 0, thread_interp = 0, thread_frame = 0;
  std::uint32_t uses_cframe = 0, cframe_frame = 0;
  std::uint32_t thread_pthread = 0, thread_native_id = 0, thread_chunk = 0;
  // PyFrameObject up to 3.10, _PyInterpreterFrame since; `frame_size` ends before its local variables
  std::uint32_t frame_previous = 0, frame_code = 0, frame_instruction = 0, frame_size = 0, frame_owner = 0;
  // What tells a frame that called another from one that runs, and a live one from a dead one
  std::uint32_t frame_entry = 0, frame_stack_top = 0, frame_executing = 0;
  // PyCodeObject; what lies between its type and `code_signature_end`, without the hole, never changes
  std::uint32_t code_firstlineno = 0, code_filename = 0, code_name = 0, code_qualname = 0, code_linetable = 0;
  std::uint32_t code_instructions = 0, code_version = 0, code_signature_end = 0;
  std::uint32_t code_hole_begin = 0, code_hole_end = 0;
  // PyBytesObject, PyASCIIObject and PyCompactUnicodeObject (sizes), PyTypeObject
  std::uint32_t bytes_size = 0, bytes_data = 0;
  std::uint32_t text_length = 0, text_hash = 0, text_state = 0, text_ascii = 0, text_compact = 0;
  std::uint32_t type_name = 0;

  // Frames on the data stack of the thread instead of in objects of their own.
  [[nodiscard]] bool data_stack() const { return thread_chunk != 0; }
  // The pointer of a frame to its code object may carry marks in its low bits.
  [[nodiscard]] bool tagged_code() const { return minor >= 14; }
  // Values of `owner` from here on are frames of the interpreter itself, not of Python code.
  [[nodiscard]] bool is_python_frame(std::uint8_t owner) const { return minor < 12 || owner < 3; }
};

// The table of one minor version; null: no table.
[[nodiscard]] const Layout* layout_of(int minor);

struct PythonVersion {
  int minor = 0;
  int micro = -1;  // -1: not known
  bool free_threaded = false;
  [[nodiscard]] std::string text() const;  // "3.11.7", "3.8"
};

// PY_VERSION_HEX, as in the symbol Py_Version and in _Py_DebugOffsets. Null: not Python 3.
[[nodiscard]] std::optional<PythonVersion> version_of_hex(std::uint64_t hex);

// What a runtime of 3.13 or later says of itself: `bytes` are the first of _PyRuntime.
struct SelfDescription {
  PythonVersion version;
  Layout layout;
};
[[nodiscard]] bool has_debug_offsets(std::span<const std::uint8_t> bytes);
// `unsupported` for a version without a table, `parse` for offsets that cannot be.
[[nodiscard]] Result<SelfDescription> read_debug_offsets(std::span<const std::uint8_t> bytes);

}  // namespace rh::profiles::python
