// System calls as single instructions, for code that runs after its own heap and the dynamic
// linker's tables were dropped: a call into libc could bind a symbol lazily, and crash.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace rh::sandbox {

#if defined(__x86_64__) || defined(__aarch64__)
constexpr bool kBareSyscalls = true;
#else
constexpr bool kBareSyscalls = false;
#endif

// Returns what the kernel returns: a negative errno on failure.
inline long bare_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  long result = number;
  __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#else
  const long result = ::syscall(number, a, b, c, d, e);
  return result < 0 ? -errno : result;
#endif
}

template <class T>
long as_word(T* pointer) {
  return static_cast<long>(reinterpret_cast<std::intptr_t>(pointer));
}

}  // namespace rh::sandbox
