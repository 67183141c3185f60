// Tags that select the member list of a struct, and which structs are written without names.
#pragma once

#include "runner/model/coverage.h"

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

}  // namespace rh::reporters
