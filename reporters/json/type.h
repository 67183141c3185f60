// Tags that select the member list of a struct, and which structs are written without names.
#pragma once

#include "runner/model/coverage.h"
#include "runner/model/past.h"
#include "runner/model/patch.h"
#include "runner/model/test_map.h"
#include "runner/model/test_selection.h"

namespace rh::reporters {

template <class T>
struct Type {};

// Written as an array without names, because there are so many of them.
template <class T>
constexpr bool kIsRow = false;
template <>
inline constexpr bool kIsRow<model::LineHits> = true;
template <>
inline constexpr bool kIsRow<model::BranchHits> = true;
template <>
inline constexpr bool kIsRow<model::FunctionHits> = true;
template <>
inline constexpr bool kIsRow<model::BlockHits> = true;
template <>
inline constexpr bool kIsRow<model::LineRange> = true;
template <>
inline constexpr bool kIsRow<model::ReachedLines> = true;
template <>
inline constexpr bool kIsRow<model::PatchLine> = true;
template <>
inline constexpr bool kIsRow<model::PastResult> = true;

}  // namespace rh::reporters
