#!/usr/bin/env python3
"""Writes layouts.inc and debug_offsets.inc: where CPython 3.8 to 3.14 keep what the sampler reads.

For each interpreter given (or found in $PYENV_ROOT/versions and PATH) it compiles a C file with
Py_BUILD_CORE against that interpreter's own internal headers and prints offsetof and sizeof. The
newest patch release of each minor version wins; layouts do not change between patch releases, and
profiles/python checks its table against every interpreter it meets.

    profiles/python/offsets/generate.py [PYTHON...] > profiles/python/offsets/layouts.inc
    profiles/python/offsets/generate.py --debug-offsets [PYTHON...] > profiles/python/offsets/debug_offsets.inc

The second says where _Py_DebugOffsets, with which 3.13 and later describe themselves, has each of them.

An interpreter without internal headers is named on stderr and left out.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

FIRST, LAST = (3, 8), (3, 14)

HEAD = r"""
#define Py_BUILD_CORE 1
#include <stddef.h>
#include <stdio.h>
#include <Python.h>
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_gc.h>
#endif
#include <internal/pycore_pystate.h>
#if PY_VERSION_HEX >= 0x030B0000
#include <internal/pycore_frame.h>
#include <internal/pycore_code.h>
#endif
#if PY_VERSION_HEX >= 0x030E0000
#include <internal/pycore_interpframe_structs.h>
#endif
#if PY_VERSION_HEX >= 0x030C0000
#include <internal/pycore_gil.h>
#endif
#if PY_VERSION_HEX < 0x030C0000
#include <internal/pycore_gil.h>
#endif
#define ROW(name, value) printf("    .%s = %zu,\n", #name, (size_t)(value))
#define AT(name, type, member) ROW(name, offsetof(type, member))
int main(void) {
  printf("{\n    .minor = %d,\n", PY_MINOR_VERSION);
"""

COMMON = r"""
  AT(interpreters_head, _PyRuntimeState, interpreters.head);
  AT(interp_id, PyInterpreterState, id);
  AT(interp_next, PyInterpreterState, next);
  AT(thread_next, PyThreadState, next);
  AT(thread_interp, PyThreadState, interp);
  AT(thread_pthread, PyThreadState, thread_id);
  ROW(thread_size, sizeof(PyThreadState));
  AT(code_firstlineno, PyCodeObject, co_firstlineno);
  AT(code_filename, PyCodeObject, co_filename);
  AT(code_name, PyCodeObject, co_name);
  AT(bytes_size, PyBytesObject, ob_base.ob_size);
  AT(bytes_data, PyBytesObject, ob_sval);
  AT(text_length, PyASCIIObject, length);
  AT(text_hash, PyASCIIObject, hash);
  AT(text_state, PyASCIIObject, state);
  ROW(text_ascii, sizeof(PyASCIIObject));
  ROW(text_compact, sizeof(PyCompactUnicodeObject));
  AT(type_name, PyTypeObject, tp_name);
  AT(gil_locked, struct _gil_runtime_state, locked);
  AT(gil_holder, struct _gil_runtime_state, last_holder);
  ROW(gil_size, sizeof(struct _gil_runtime_state));
  AT(gc_collecting, struct _gc_runtime_state, collecting);
"""

# (first version with it, first without it, text)
PARTS = [
    ((3, 8), (3, 9), "  AT(finalizing, _PyRuntimeState, finalizing);\n"),
    ((3, 9), (3, 15), "  AT(finalizing, _PyRuntimeState, _finalizing);\n"),
    ((3, 8), (3, 11), "  AT(interp_threads_head, PyInterpreterState, tstate_head);\n"),
    ((3, 11), (3, 15), "  AT(interp_threads_head, PyInterpreterState, threads.head);\n"),
    ((3, 8), (3, 12), "  AT(gil_in_runtime, _PyRuntimeState, ceval.gil);\n"),
    ((3, 12), (3, 15), "  AT(gil_in_interp, PyInterpreterState, ceval.gil);\n"),
    ((3, 8), (3, 9), "  AT(gc_in_runtime, _PyRuntimeState, gc);\n"),
    ((3, 9), (3, 15), "  AT(gc_in_interp, PyInterpreterState, gc);\n"),
    ((3, 8), (3, 11), "  AT(thread_frame, PyThreadState, frame);\n"),
    ((3, 11), (3, 13), "  AT(thread_frame, PyThreadState, cframe);\n"
                       "  AT(cframe_frame, CFRAME, current_frame);\n"
                       "  ROW(uses_cframe, 1);\n"),
    ((3, 13), (3, 15), "  AT(thread_frame, PyThreadState, current_frame);\n"),
    ((3, 11), (3, 15), "  AT(thread_native_id, PyThreadState, native_thread_id);\n"
                       "  AT(thread_chunk, PyThreadState, datastack_chunk);\n"
                       "  AT(frame_previous, _PyInterpreterFrame, previous);\n"
                       "  AT(frame_owner, _PyInterpreterFrame, owner);\n"
                       "  AT(frame_size, _PyInterpreterFrame, localsplus);\n"
                       "  AT(code_qualname, PyCodeObject, co_qualname);\n"
                       "  AT(code_linetable, PyCodeObject, co_linetable);\n"
                       "  AT(code_instructions, PyCodeObject, co_code_adaptive);\n"
                       "  AT(code_signature_end, PyCodeObject, co_weakreflist);\n"),
    ((3, 11), (3, 13), "  AT(frame_code, _PyInterpreterFrame, f_code);\n"
                       "  AT(frame_instruction, _PyInterpreterFrame, prev_instr);\n"),
    ((3, 13), (3, 15), "  AT(frame_code, _PyInterpreterFrame, f_executable);\n"
                       "  AT(frame_instruction, _PyInterpreterFrame, instr_ptr);\n"),
    ((3, 11), (3, 12), "  AT(code_hole_begin, PyCodeObject, co_warmup);\n"
                       "  AT(code_hole_end, PyCodeObject, co_argcount);\n"),
    ((3, 11), (3, 12), "  AT(frame_entry, _PyInterpreterFrame, is_entry);\n"),
    ((3, 11), (3, 14), "  AT(frame_stack_top, _PyInterpreterFrame, stacktop);\n"),
    ((3, 14), (3, 15), "  AT(frame_stack_top, _PyInterpreterFrame, stackpointer);\n"),
    ((3, 8), (3, 10), "  AT(frame_executing, FRAME, f_executing);\n"),
    ((3, 10), (3, 11), "  AT(frame_executing, FRAME, f_state);\n"),
    ((3, 12), (3, 15), "  AT(code_version, PyCodeObject, co_version);\n"),
    ((3, 8), (3, 11), "  AT(frame_previous, FRAME, f_back);\n"
                      "  AT(frame_code, FRAME, f_code);\n"
                      "  AT(frame_instruction, FRAME, f_lasti);\n"
                      "  AT(frame_size, FRAME, f_localsplus);\n"
                      "  AT(code_instructions, PyCodeObject, co_code);\n"
                      "  AT(code_signature_end, PyCodeObject, co_zombieframe);\n"),
    ((3, 8), (3, 10), "  AT(code_linetable, PyCodeObject, co_lnotab);\n"),
    ((3, 10), (3, 11), "  AT(code_linetable, PyCodeObject, co_linetable);\n"),
]

# The members of _Py_DebugOffsets (3.13 and later) that say the same about the running interpreter itself.
DEBUG = [
    ("finalizing", "runtime_state.finalizing"),
    ("interpreters_head", "runtime_state.interpreters_head"),
    ("interp_id", "interpreter_state.id"),
    ("interp_next", "interpreter_state.next"),
    ("interp_threads_head", "interpreter_state.threads_head"),
    ("gc_in_interp", "interpreter_state.gc"),
    ("gil_in_interp", "interpreter_state.ceval_gil"),
    ("thread_size", "thread_state.size"),
    ("thread_next", "thread_state.next"),
    ("thread_interp", "thread_state.interp"),
    ("thread_frame", "thread_state.current_frame"),
    ("thread_pthread", "thread_state.thread_id"),
    ("thread_native_id", "thread_state.native_thread_id"),
    ("thread_chunk", "thread_state.datastack_chunk"),
    ("frame_previous", "interpreter_frame.previous"),
    ("frame_code", "interpreter_frame.executable"),
    ("frame_instruction", "interpreter_frame.instr_ptr"),
    ("frame_size", "interpreter_frame.localsplus"),
    ("frame_owner", "interpreter_frame.owner"),
    ("code_filename", "code_object.filename"),
    ("code_name", "code_object.name"),
    ("code_qualname", "code_object.qualname"),
    ("code_linetable", "code_object.linetable"),
    ("code_firstlineno", "code_object.firstlineno"),
    ("code_instructions", "code_object.co_code_adaptive"),
    ("type_name", "type_object.tp_name"),
    ("bytes_size", "bytes_object.ob_size"),
    ("bytes_data", "bytes_object.ob_sval"),
    ("text_state", "unicode_object.state"),
    ("text_length", "unicode_object.length"),
    ("text_ascii", "unicode_object.asciiobject_size"),
    ("gc_collecting", "gc.collecting"),
]

# In the order of `struct Layout` (profiles/python/layout.h).
ORDER = ("minor finalizing interpreters_head interp_id interp_next interp_threads_head gil_in_runtime gil_in_interp "
         "gil_locked gil_holder gil_size gc_in_runtime gc_in_interp gc_collecting thread_size thread_next "
         "thread_interp thread_frame uses_cframe cframe_frame thread_pthread thread_native_id thread_chunk "
         "frame_previous frame_code frame_instruction frame_size frame_owner frame_entry "
         "frame_stack_top frame_executing code_firstlineno code_filename "
         "code_name code_qualname code_linetable code_instructions code_version code_signature_end code_hole_begin "
         "code_hole_end bytes_size bytes_data text_length text_hash text_state text_ascii text_compact "
         "type_name").split()

CFRAME = {(3, 11): "_PyCFrame", (3, 12): "_PyCFrame"}


def debug_program(version):
    text = HEAD.lstrip().replace('printf("{\\n    .minor = %d,\\n", PY_MINOR_VERSION);', "")
    for name, member in DEBUG:
        text += '  printf("{%d, %%zu, &Layout::%s},\\n", offsetof(_Py_DebugOffsets, %s));\n' % (version[1], name, member)
    return text + "  return 0;\n}\n"


def program(version):
    text = HEAD.lstrip() + COMMON.lstrip("\n")
    for first, last, part in PARTS:
        if first <= version < last:
            text += part
    text = text.replace("CFRAME", CFRAME.get(version, ""))
    text = text.replace("FRAME,", "PyFrameObject,")
    return text + '  printf("},\\n");\n  return 0;\n}\n'


def describe(python):
    code = ("import sys, sysconfig as s; print(sys.version_info[0], sys.version_info[1], sys.version_info[2]);"
            "print(s.get_paths()['include'])")
    lines = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(int(part) for part in lines[0].split()), lines[1]


def found():
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    names = glob.glob(os.path.join(root, "versions", "*", "bin", "python3"))
    return sorted(names) + [path for path in [shutil.which("python3")] if path]


def in_order(text):
    rows = dict(re.findall(r"\.(\w+) = (\d+)", text))
    unknown = set(rows) - set(ORDER)
    if unknown:
        raise SystemExit("not in ORDER: %s" % ", ".join(sorted(unknown)))
    return "{\n%s},\n" % "".join("    .%s = %s,\n" % (name, rows[name]) for name in ORDER if name in rows)


def run_program(text, include, folder):
    source, binary = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
    with open(source, "w", encoding="ascii") as out:
        out.write(text)
    subprocess.run(["cc", "-w", "-I", include, "-I", os.path.join(include, "internal"), source, "-o", binary],
                   check=True)
    return subprocess.run([binary], capture_output=True, text=True, check=True).stdout


def main():
    newest = {}
    debug = "--debug-offsets" in sys.argv[1:]
    for python in [word for word in sys.argv[1:] if not word.startswith("--")] or found():
        version, include = describe(python)
        if not os.path.isdir(os.path.join(include, "internal")):
            include = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(python))), "include",
                                   "python%d.%d" % version[:2])
        if not FIRST <= version[:2] <= LAST:
            continue
        if not os.path.isdir(os.path.join(include, "internal")):
            print("no internal headers: %s" % python, file=sys.stderr)
            continue
        if version > newest.get(version[:2], ((0, 0, 0), ""))[0]:
            newest[version[:2]] = (version, include)
    print("// Made by profiles/python/offsets/generate.py from the headers of each release. Do not edit.")
    with tempfile.TemporaryDirectory() as folder:
        for _, (version, include) in sorted(newest.items()):
            if debug and version < (3, 13):
                continue
            print("// CPython %d.%d.%d" % version)
            if debug:
                print(run_program(debug_program(version), include, folder), end="")
            else:
                print(in_order(run_program(program(version[:2]), include, folder)), end="")


if __name__ == "__main__":
    main()
