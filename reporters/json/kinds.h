// What the JSON writer and reader have to tell apart among the types of the model.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "runner/model/figure.h"
#include "runner/model/ids.h"

namespace rh::reporters {

template <class T>
constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
constexpr bool kIsDuration = false;
template <class Rep, class Period>
inline constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;

template <class T>
constexpr bool kIsFigure = false;
template <class T>
inline constexpr bool kIsFigure<model::Figure<T>> = true;

template <class T>
constexpr bool kIsId =
    std::is_same_v<T, model::RunId> || std::is_same_v<T, model::SuiteId> || std::is_same_v<T, model::TestId>;

using TextMap = std::map<std::string, std::string>;
using TextPairs = std::vector<std::pair<std::string, std::string>>;  // an object too; its keys are unique

}  // namespace rh::reporters
