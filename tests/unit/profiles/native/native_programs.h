// The programs that are recorded, in the languages that compile to machine code.
#pragma once

namespace rh::profiles {

inline constexpr const char* kC = R"(#include <stdint.h>
static volatile uint64_t sink;
__attribute__((noinline)) uint64_t burn(uint64_t n) {
  uint64_t x = n;
  for (uint64_t i = 0; i < n; i++) x = x * 6364136223846793005ull + 1442695040888963407ull;
  return x;
}
__attribute__((noinline)) void seventy(void) { sink += burn(7000000); }
__attribute__((noinline)) void thirty(void) { sink += burn(3000000); }
extern int unlink(const char*);
int main(int argc, char** argv) {
  if (argc > 1) unlink(argv[0]);
  for (int i = 0; i < 30; i++) {
    seventy();
    thirty();
  }
}
)";

// A program that loads Python while it runs: the library and what to run are its arguments.
inline constexpr const char* kEmbedding = R"(#include <dlfcn.h>
int main(int argc, char** argv) {
  void* python = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : 0;
  if (!python) return 3;
  void (*initialize)(int) = (void (*)(int))dlsym(python, "Py_InitializeEx");
  int (*run)(const char*, void*) = (int (*)(const char*, void*))dlsym(python, "PyRun_SimpleStringFlags");
  initialize(0);
  return run(argv[2], 0) == 0 ? 0 : 4;
}
)";

// Threads that end on all CPUs at once, and after them work that must still be seen.
inline constexpr const char* kThreadStorm = R"(#include <pthread.h>
#include <stdint.h>
static volatile uint64_t sink;
static void* brief(void* arg) {
  for (int i = 0; i < 2000; i++) sink += i;
  return arg;
}
__attribute__((noinline)) void after_the_storm(void) {
  for (uint64_t i = 0; i < 400000000; i++) sink += i;
}
int main(void) {
  pthread_t threads[8];
  for (int burst = 0; burst < 12000; burst++) {
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, brief, 0);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], 0);
  }
  after_the_storm();
}
)";

inline constexpr const char* kCpp = R"(#include <cstdint>
namespace shop {
template <class T> struct Cart {
  T total{};
  [[gnu::always_inline]] inline void add(T v) { for (int i = 0; i < 4000; ++i) total = total * 3 + v; }
};
}
volatile std::uint64_t sink;
[[gnu::noinline]] std::uint64_t fill(int n) {
  shop::Cart<std::uint64_t> cart;
  for (int i = 0; i < n; ++i) cart.add(sink);
  return cart.total;
}
int main() { for (int i = 0; i < 20; ++i) sink = fill(3000); }
)";

inline constexpr const char* kGo = R"(package main

import "os"

//go:noinline
func burn(n int) uint64 {
	x := uint64(n)
	for i := 0; i < n; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

//go:noinline
func seventy() uint64 { return burn(7000000) + 1 }

//go:noinline
func thirty() uint64 { return burn(3000000) + 2 }

func main() {
	var s uint64
	for i := 0; i < 30; i++ {
		s += seventy()
		s += thirty()
	}
	if s == 1 {
		os.Exit(1)
	}
}
)";

inline constexpr const char* kRust = R"(use std::hint::black_box;
#[inline(never)]
fn burn(n: u64) -> u64 {
    let mut x = n;
    for _ in 0..n { x = black_box(x) * 3 % 1000003; }
    black_box(x)
}
#[inline(never)]
fn seventy() -> u64 { burn(black_box(700_000)) + 1 }
#[inline(never)]
fn thirty() -> u64 { burn(black_box(300_000)) + 2 }
fn main() {
    let mut s = 0u64;
    for _ in 0..60 { s += seventy(); s += thirty(); }
    black_box(s);
}
)";

}  // namespace rh::profiles
