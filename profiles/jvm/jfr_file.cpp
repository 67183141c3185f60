#include "profiles/jvm/jfr_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "profiles/jvm/jfr_types.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

using namespace jfr;

constexpr std::string_view kEvent = "jdk.ObjectAllocationSample";

class Chunk {
 public:
  Chunk(std::string_view bytes, const JfrHeader& header, JfrAllocations& result)
      : bytes_(bytes), header_(header), result_(result) {}

  Result<void> read() {
    RH_TRY(types_, read_types(bytes_, header_.metadata));
    RH_CHECK(read_pools());
    return read_events();
  }

 private:
  // They are chained backwards, from the last that was written.
  Result<void> read_pools() {
    std::uint64_t at = header_.pools;
    for (std::size_t count = 0; at != 0; ++count) {
      if (count > kMaxPools) return fail(ErrorKind::limit, fmt::format("read JFR: more than {} pools", kMaxPools));
      Cursor in(bytes_, at);
      (void)in.number();  // size
      (void)in.number();  // type
      (void)in.number();  // start
      (void)in.number();  // duration
      const auto delta = static_cast<std::int64_t>(in.number());
      (void)in.byte();  // why it was written
      for (std::uint64_t left = in.number(); left > 0 && in.good(); --left) RH_CHECK(read_pool(in));
      RH_CHECK(in.check());
      if (delta == 0) break;
      at = static_cast<std::uint64_t>(static_cast<std::int64_t>(at) + delta);
      if (at >= bytes_.size()) return fail(ErrorKind::parse, "read JFR: a pool outside of its chunk");
    }
    return {};
  }

  Result<void> read_pool(Cursor& in) {
    const std::uint64_t type = in.number();
    const Type* known = types_.find(type);
    if (known == nullptr) return fail(ErrorKind::parse, fmt::format("read JFR: no type {}", type));
    const bool kept = known->name == "jdk.types.StackTrace" || known->name == "jdk.types.Method" ||
                      known->name == "java.lang.Class" || known->name == "jdk.types.Symbol";
    for (std::uint64_t left = in.number(); left > 0 && in.good(); --left) {
      const std::uint64_t key = in.number();
      Value value = types_.read(in, *known, 0);
      if (kept) pools_[known->name].try_emplace(key, std::move(value));
    }
    return in.check();
  }

  Result<void> read_events() {
    const Type* event = types_.find(kEvent);
    if (event == nullptr) return {};
    for (std::uint64_t at = kHeaderBytes; at < bytes_.size();) {
      Cursor in(bytes_, at);
      const std::uint64_t size = in.number(), type = in.number();
      if (!in.good() || size == 0 || size > bytes_.size() - at)
        return fail(ErrorKind::parse, fmt::format("read JFR: an event that is not whole at byte {} of a chunk", at));
      if (type == event->id) RH_CHECK(read_sample(in, *event));
      at += size;
    }
    return {};
  }

  Result<void> read_sample(Cursor& in, const Type& event) {
    const Value sample = types_.read(in, event, 0);
    RH_CHECK(in.check());
    if (result_.samples.size() >= kMaxJfrSamples)
      return fail(ErrorKind::limit, fmt::format("read JFR: more than {} samples", kMaxJfrSamples));
    const auto* weight = field(event, sample, "weight");
    const auto* stack = field(event, sample, "stackTrace");
    if (weight == nullptr || stack == nullptr) return fail(ErrorKind::unsupported, "read JFR: samples without weight");
    result_.samples.push_back({weight->number, stack_of(stack->number)});
    return {};
  }

  static const Value* field(const Type& type, const Value& value, std::string_view name) {
    for (std::size_t i = 0; i < type.fields.size() && i < value.items.size(); ++i)
      if (type.fields[i].name == name) return &value.items[i];
    return nullptr;
  }

  // The value of a field that is a key of a pool; null where either is missing.
  const Value* follow(std::string_view type, const Value& value, std::string_view name) const {
    const Type* of = types_.find(type);
    const Value* key = of == nullptr ? nullptr : field(*of, value, name);
    if (key == nullptr) return nullptr;
    for (const Field& each : of->fields)
      if (each.name == name)
        if (const Type* target = types_.find(each.type)) return pooled(target->name, key->number);
    return nullptr;
  }

  const Value* pooled(const std::string& type, std::uint64_t key) const {
    const auto pool = pools_.find(type);
    if (pool == pools_.end()) return nullptr;
    const auto at = pool->second.find(key);
    return at == pool->second.end() ? nullptr : &at->second;
  }

  std::string symbol(const Value* value) const {
    return value == nullptr || value->items.empty() ? std::string() : to_valid_utf8(value->items[0].text);
  }

  std::string method_name(const Value& frame) const {
    const Value* method = follow("jdk.types.StackFrame", frame, "method");
    if (method == nullptr) return "(unknown method)";
    std::string name = symbol(follow("jdk.types.Method", *method, "name"));
    const Value* type = follow("jdk.types.Method", *method, "type");
    std::string of = type == nullptr ? std::string() : symbol(follow("java.lang.Class", *type, "name"));
    std::replace(of.begin(), of.end(), '/', '.');
    return of.empty() ? name : of + "." + name;
  }

  std::size_t stack_of(std::uint64_t key) {
    const auto [at, made] = stacks_.try_emplace(key, 0);
    const Value* trace = made ? pooled("jdk.types.StackTrace", key) : nullptr;
    const Type* type = types_.find("jdk.types.StackTrace");
    const Type* frame_type = types_.find("jdk.types.StackFrame");
    if (trace == nullptr || type == nullptr || frame_type == nullptr) return at->second;
    const Value* frames = field(*type, *trace, "frames");
    if (frames == nullptr || frames->items.empty()) return 0;
    std::vector<JfrFrame> stack;
    for (const Value& frame : frames->items) {
      if (stack.size() >= kMaxJfrFrames) break;
      const Value* line = field(*frame_type, frame, "lineNumber");
      const std::uint64_t number = line == nullptr ? 0 : line->number;
      stack.push_back({method_name(frame), number < kMaxLine ? static_cast<std::uint32_t>(number) : 0});
    }
    at->second = result_.stacks.size();
    result_.stacks.push_back(std::move(stack));
    return at->second;
  }

  static constexpr std::size_t kMaxPools = 1'000'000;
  static constexpr std::uint64_t kMaxLine = 100'000'000;  // -1 is "not known"

  std::string_view bytes_;
  JfrHeader header_;
  JfrAllocations& result_;
  Types types_;
  std::map<std::string, std::unordered_map<std::uint64_t, Value>> pools_;
  std::unordered_map<std::uint64_t, std::size_t> stacks_;
};

}  // namespace

Result<JfrAllocations> read_jfr_allocations(std::string_view bytes) {
  JfrAllocations result;
  result.stacks.emplace_back();
  while (!bytes.empty()) {
    RH_TRY(const JfrHeader header, read_header(bytes));
    RH_CHECK(Chunk(bytes.substr(0, header.size), header, result).read());
    bytes.remove_prefix(header.size);
  }
  return result;
}

}  // namespace rh::profiles
