// Maps, expressions, tables of names and Go's table on made input; unwinding of real stacks is in
// recording_test.cpp of this folder.
#include <dwarf.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <cstring>

#include "profiles/native/address_space.h"
#include "profiles/native/demangle.h"
#include "profiles/native/go_table.h"
#include "profiles/native/live_tree.h"
#include "profiles/native/name_table.h"
#include "profiles/native/task_table.h"
#include "profiles/native/unwind_table.h"
#include "profiles/native/unwinder.h"

namespace rh::profiles::native {
namespace {

TEST(AddressSpace, ANewMapHidesWhatLayThereBefore) {
  AddressSpace space;
  space.map({0x1000, 0x5000, 0x100, 3});
  space.map({0x2000, 0x3000, 0x900, 4});
  EXPECT_EQ(space.find(0x1fff), (CodeAddress{3, 0x10ff}));
  EXPECT_EQ(space.find(0x2000), (CodeAddress{4, 0x900}));
  EXPECT_EQ(space.find(0x3000), (CodeAddress{3, 0x2100}));
  EXPECT_FALSE(space.find(0x5000));
  EXPECT_FALSE(space.find(0xfff));
  space.map({0x0, 0x10000, 0, 5});
  EXPECT_EQ(space.count(), 1U);
  space.map({0x9000, 0x9000, 0, 6});
  EXPECT_EQ(space.count(), 1U) << "an empty map is none";
}

TEST(DwarfExpression, ComputesWhatUnwindRulesNeed) {
  Registers registers{};
  registers[kRsp] = 0x1000;
  registers[kRip] = 0x40100b;
  const std::uint64_t words[] = {0x11, 0x22};
  const StackMemory memory(0x1000, std::as_bytes(std::span(words)));
  const auto value = [&](std::vector<Dwarf_Op> operations) { return evaluate(operations, registers, 0x2000, memory); };
  EXPECT_EQ(value({{DW_OP_breg7, 8, 0, 0}, {DW_OP_deref, 0, 0, 0}}), 0x22U);
  EXPECT_EQ(value({{DW_OP_call_frame_cfa, 0, 0, 0}, {DW_OP_plus_uconst, 0x10, 0, 0}}), 0x2010U);
  // The rule of a procedure linkage table: rsp + 8, and 8 more from the 11th byte of an entry on.
  EXPECT_EQ(value({{DW_OP_breg7, 8, 0, 0},
                   {DW_OP_breg16, 0, 0, 0},
                   {DW_OP_lit15, 0, 0, 0},
                   {DW_OP_and, 0, 0, 0},
                   {DW_OP_lit11, 0, 0, 0},
                   {DW_OP_ge, 0, 0, 0},
                   {DW_OP_lit3, 0, 0, 0},
                   {DW_OP_shl, 0, 0, 0},
                   {DW_OP_plus, 0, 0, 0}}),
            0x1010U);
  EXPECT_FALSE(value({{DW_OP_plus, 0, 0, 0}})) << "nothing to add";
  EXPECT_FALSE(value({{DW_OP_breg7, 16, 0, 0}, {DW_OP_deref, 0, 0, 0}})) << "beyond what was copied";
  EXPECT_FALSE(value({{DW_OP_piece, 8, 0, 0}})) << "no meaning in a rule";
  EXPECT_FALSE(value(std::vector<Dwarf_Op>(65, Dwarf_Op{DW_OP_lit1, 0, 0, 0}))) << "deeper than its stack";
}

TEST(Unwinder, FramePointersWhereNoRulesAreAndAMarkWhereTheyEnd) {
  CodeObjects objects;
  Unwinder unwinder(objects);
  MapRecord map;
  map.path = "//anon";
  map.start = 0x100000;
  map.bytes = 0x1000;
  const std::uint32_t object = objects.of_map(1, map, 0);
  AddressSpace space;
  space.map({0x100000, 0x101000, 0x100000, object});
  // Two frames linked by rbp; the second returns to nowhere that is code.
  const std::uint64_t words[] = {0, 0x7010, 0x100200, 0x7020, 0xdead};
  SampleRecord sample;
  sample.has_registers = true;
  sample.registers[kRsp] = 0x7000 - 8;
  sample.registers[kRbp] = 0x7000;
  sample.registers[kRip] = 0x100100;
  sample.stack = std::as_bytes(std::span(words));
  std::vector<CodeAddress> stack;
  EXPECT_EQ(unwinder.unwind(space, sample, stack), StackEnd::caller_unknown);
  ASSERT_EQ(stack.size(), 3U);
  EXPECT_EQ(stack[0], (CodeAddress{object, 0x100100}));
  EXPECT_EQ(stack[1], (CodeAddress{object, 0x1001ff})) << "into the call, not behind it";
  EXPECT_EQ(stack[2], (CodeAddress{kMarkObject, kCallerUnknownMark}));
}

TEST(Unwinder, KernelFramesComeBeforeThoseOfTheProgram) {
  CodeObjects objects;
  Unwinder unwinder(objects);
  const std::uint64_t chain[] = {PERF_CONTEXT_KERNEL, 0xffffffff81000010, 0xffffffff81000020, PERF_CONTEXT_USER, 0x10};
  SampleRecord sample;
  sample.chain = chain;
  std::vector<CodeAddress> stack;
  unwinder.unwind(AddressSpace(), sample, stack);
  ASSERT_EQ(stack.size(), 2U) << "the one of the program lies in no map";
  EXPECT_EQ(stack[0], (CodeAddress{kKernelObject, 0xffffffff81000010}));
  EXPECT_EQ(stack[1], (CodeAddress{kKernelObject, 0xffffffff8100001f}));
}

TEST(RawStacks, EachPathIsKeptOnce) {
  RawStacks stacks;
  const std::uint32_t first = stacks.intern({{5, 1}, {5, 2}, {5, 3}});
  EXPECT_EQ(stacks.intern({{5, 1}, {5, 2}, {5, 3}}), first);
  EXPECT_EQ(stacks.size(), 3U);
  const std::uint32_t other = stacks.intern({{5, 9}, {5, 2}, {5, 3}});
  EXPECT_EQ(stacks.size(), 4U);
  EXPECT_EQ(stacks.node(other).parent, stacks.node(first).parent);
  EXPECT_EQ(stacks.intern({}), kNoStack);
}

Record named(int pid, std::int64_t time, std::string_view name, bool exec) {
  Record record{time, pid, pid, {}};
  record.body = NameRecord{name, exec};
  return record;
}

TEST(TaskTable, ExecBeginsAnotherImageAndForkInheritsMaps) {
  CodeObjects objects;
  Unwinder unwinder(objects);
  TaskTable tasks(objects, unwinder);
  tasks.consume(named(10, 100, "sh", true), 0);
  Record map{110, 10, 10, {}};
  MapRecord anonymous;
  anonymous.path = "//anon";
  anonymous.start = 0x1000;
  anonymous.bytes = 0x1000;
  map.body = anonymous;
  tasks.consume(map, 0);
  Record fork{120, 11, 11, {}};
  fork.body = TaskRecord{10, 10, false};
  tasks.consume(fork, 0);
  ASSERT_EQ(tasks.processes().size(), 2U);
  EXPECT_EQ(tasks.processes()[1].parent_pid, 10);
  EXPECT_EQ(tasks.processes()[1].name, "sh");
  EXPECT_EQ(tasks.processes()[1].space.count(), 1U);
  tasks.consume(named(11, 130, "prog", true), 0);
  ASSERT_EQ(tasks.processes().size(), 3U);
  EXPECT_EQ(tasks.processes()[1].end_ns, 130);
  EXPECT_EQ(tasks.processes()[2].name, "prog");
  EXPECT_EQ(tasks.processes()[2].parent_pid, 10);
  EXPECT_EQ(tasks.processes()[2].space.count(), 0U);
  Record end{150, 11, 11, {}};
  end.body = TaskRecord{10, 10, true};
  tasks.consume(end, 0);
  EXPECT_EQ(tasks.processes()[2].end_ns, 150);
  Record count{151, 11, 11, {}};
  count.body = CountRecord{7};
  tasks.consume(count, 0);
  Record torn{152, 99, 98, {}};
  torn.body = CountRecord{1'000'000};
  tasks.consume(torn, 0);
  EXPECT_EQ(tasks.tasks().size(), 2U) << "a count that names no known thread makes none";
  Record uncounted{160, 10, 12, {}};
  uncounted.body = SampleRecord{};
  tasks.consume(uncounted, 0);
  tasks.set_total(10, 20, 3);
  EXPECT_EQ(tasks.tasks()[tasks.threads()[1].task].cpu_ns, 7U);
  EXPECT_EQ(tasks.tasks()[tasks.threads()[0].task].cpu_ns, 10U)
      << "the first thread has the rest, less what the samples of an uncounted thread stand for";
}

TEST(NameTable, ReadsThePerfMapsOfRuntimes) {
  const auto table = NameTable::parse_perf_map(
      "7f00 10 JS:~old file.js:1\n7f00 20 JS:*hot /a b/file.js:10:3\nbroken\n0x9000 8 last\nzz 1 x\n");
  ASSERT_NE(table.find(0x7f1f), nullptr);
  EXPECT_EQ(table.find(0x7f1f)->name, "JS:*hot /a b/file.js:10:3") << "the entry written last";
  EXPECT_EQ(table.find(0x7f20), nullptr);
  EXPECT_EQ(table.find(0x9007)->name, "last");
  EXPECT_EQ(table.find(0x1), nullptr);
}

TEST(NameTable, ReadsTheSymbolsOfTheKernelUnlessTheyAreHidden) {
  const auto table = NameTable::parse_kallsyms(
      "ffffffff81000000 T _text\nffffffff81000100 t do_work\t[nf_tables]\nffffffff82000000 D data\n");
  ASSERT_NE(table.find(0xffffffff81000123), nullptr);
  EXPECT_EQ(table.find(0xffffffff81000123)->name, "do_work");
  EXPECT_EQ(table.find(0xffffffff81000123)->module, "[nf_tables]");
  EXPECT_TRUE(NameTable::parse_kallsyms("0000000000000000 T _text\n0000000000000000 T other\n").empty());
}

TEST(Demangle, CppRustAndPlainNames) {
  EXPECT_EQ(demangle("_ZNSt6vectorIiSaIiEE9push_backEOi"), "std::vector<int, std::allocator<int> >::push_back(int&&)");
  EXPECT_EQ(demangle("_ZN4core3ptr13drop_in_place17h0123456789abcdefE"), "core::ptr::drop_in_place");
  EXPECT_EQ(demangle("_RNvCskwGfYPst2Cb_3foo16example_function"), "foo::example_function");
  EXPECT_EQ(demangle("_Z5twiceIiET_S0_"), "twice<int>(int)") << "a name begins with the name, not with a result type";
  EXPECT_EQ(demangle("memcpy@@GLIBC_2.14"), "memcpy");
  EXPECT_EQ(demangle("main.(*worker).run"), "main.(*worker).run");
  EXPECT_EQ(demangle("_Znonsense"), "_Znonsense");
  std::string huge = "_Z";
  huge.append(100'000, 'P');
  EXPECT_EQ(demangle(huge), huge) << "not taken apart";
}

TEST(LiveTree, TheExecutableMapsOfProc) {
  const auto maps = parse_maps(
      "00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/a name with blanks\n"
      "00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/dbus-daemon\n"
      "7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0   [vdso]\n"
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
      "broken\n");
  ASSERT_EQ(maps.size(), 3U);
  EXPECT_EQ(maps[0].start, 0x400000U);
  EXPECT_EQ(maps[0].end, 0x452000U);
  EXPECT_EQ(maps[0].file_offset, 0x1000U);
  EXPECT_EQ(maps[0].device_major, 8U);
  EXPECT_EQ(maps[0].inode, 173521U);
  EXPECT_EQ(maps[0].path, "/usr/bin/a name with blanks");
  EXPECT_EQ(maps[1].path, "[vdso]");
  EXPECT_EQ(maps[2].path, "//anon");
  EXPECT_FALSE(maps_of(getpid()).empty());
  EXPECT_TRUE(is_our_program(getpid()));
}

TEST(GoTable, RefusesWhatIsNone) {
  EXPECT_FALSE(GoTable::parse("", 0));
  EXPECT_FALSE(GoTable::parse(std::string(100, '\0'), 0));
  std::string header("\xf1\xff\xff\xff\0\0\1\x08", 8);
  header.resize(100, '\x7f');
  EXPECT_FALSE(GoTable::parse(header, 0)) << "its index lies outside";
}

}  // namespace
}  // namespace rh::profiles::native
