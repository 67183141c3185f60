// The snippets themselves, one topic after the other for each language.
#include "runner/agent/demo/demo.h"

namespace rh::agent {
namespace {

constexpr std::string_view kHello = "print a greeting and the version of the language";
constexpr std::string_view kFibonacci = "the first Fibonacci numbers, a recursion and a loop";
constexpr std::string_view kStatistics = "mean, median and standard deviation of numbers";
constexpr std::string_view kWords = "count the words of a text, the most frequent first";
constexpr std::string_view kPrimes = "prime numbers by the sieve of Eratosthenes";

const std::vector<DemoRow> kRows = {
    {Language::python, "hello", kHello, R"(import platform

print("Hello from Python", platform.python_version())
)"},
    {Language::python, "fibonacci", kFibonacci, R"(def fibonacci(count):
    a, b = 0, 1
    for _ in range(count):
        yield a
        a, b = b, a + b


print(list(fibonacci(10)))
)"},
    {Language::python, "statistics", kStatistics, R"(import statistics

numbers = [3, 1, 4, 1, 5, 9, 2, 6]
print("mean", statistics.mean(numbers))
print("median", statistics.median(numbers))
print("stdev", round(statistics.stdev(numbers), 3))
)"},
    {Language::python, "words", kWords, R"(from collections import Counter

text = "the quick brown fox jumps over the lazy dog and the fox"
for word, count in Counter(text.split()).most_common(3):
    print(word, count)
)"},
    {Language::python, "primes", kPrimes, R"(limit = 50
sieve = [True] * (limit + 1)
for number in range(2, limit + 1):
    if sieve[number]:
        for multiple in range(number * number, limit + 1, number):
            sieve[multiple] = False
print([number for number in range(2, limit + 1) if sieve[number]])
)"},
    {Language::javascript, "hello", kHello, R"(console.log("Hello from Node.js", process.version);
)"},
    {Language::javascript, "fibonacci", kFibonacci, R"(function* fibonacci(count) {
  let [a, b] = [0, 1];
  for (let i = 0; i < count; i += 1) {
    yield a;
    [a, b] = [b, a + b];
  }
}
console.log([...fibonacci(10)].join(" "));
)"},
    {Language::javascript, "statistics", kStatistics, R"(const numbers = [3, 1, 4, 1, 5, 9, 2, 6];
const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const sorted = [...numbers].sort((a, b) => a - b);
const median = (sorted[3] + sorted[4]) / 2;
const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1);
console.log("mean", mean);
console.log("median", median);
console.log("stdev", Math.sqrt(variance).toFixed(3));
)"},
    {Language::javascript, "words", kWords, R"(const text = "the quick brown fox jumps over the lazy dog and the fox";
const counts = new Map();
for (const word of text.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
const sorted = [...counts].sort((a, b) => b[1] - a[1]);
for (const [word, count] of sorted.slice(0, 3)) console.log(word, count);
)"},
    {Language::javascript, "primes", kPrimes, R"(const limit = 50;
const sieve = new Array(limit + 1).fill(true);
const primes = [];
for (let number = 2; number <= limit; number += 1) {
  if (!sieve[number]) continue;
  primes.push(number);
  for (let multiple = number * number; multiple <= limit; multiple += number) sieve[multiple] = false;
}
console.log(primes.join(" "));
)"},
    {Language::bash, "hello", kHello, R"(#!/bin/bash
echo "Hello from bash $BASH_VERSION"
)"},
    {Language::bash, "fibonacci", kFibonacci, R"(#!/bin/bash
a=0
b=1
for _ in {1..10}; do
  printf '%d ' "$a"
  next=$((a + b))
  a=$b
  b=$next
done
echo
)"},
    {Language::bash, "statistics", kStatistics, R"(#!/bin/bash
numbers=(3 1 4 1 5 9 2 6)
printf '%s\n' "${numbers[@]}" | sort -n | awk '
  { value[NR] = $1; sum += $1 }
  END {
    mean = sum / NR
    for (i = 1; i <= NR; i++) squares += (value[i] - mean) ^ 2
    print "mean", mean
    print "median", (value[NR / 2] + value[NR / 2 + 1]) / 2
    printf "stdev %.3f\n", sqrt(squares / (NR - 1))
  }'
)"},
    {Language::bash, "words", kWords, R"(#!/bin/bash
text="the quick brown fox jumps over the lazy dog and the fox"
tr ' ' '\n' <<< "$text" | sort | uniq -c | sort -k1,1nr -k2 | head -n 3
)"},
    {Language::bash, "primes", kPrimes, R"(#!/bin/bash
limit=50
for ((number = 2; number <= limit; number++)); do
  [[ ${composite[number]} ]] && continue
  printf '%d ' "$number"
  for ((multiple = number * number; multiple <= limit; multiple += number)); do
    composite[multiple]=1
  done
done
echo
)"},
    {Language::go, "hello", kHello, R"(package main

import (
	"fmt"
	"runtime"
)

func main() {
	fmt.Println("Hello from Go", runtime.Version())
}
)"},
    {Language::go, "fibonacci", kFibonacci, R"(package main

import "fmt"

func main() {
	a, b := 0, 1
	for i := 0; i < 10; i++ {
		fmt.Print(a, " ")
		a, b = b, a+b
	}
	fmt.Println()
}
)"},
    {Language::go, "statistics", kStatistics, R"(package main

import (
	"fmt"
	"math"
	"sort"
)

func main() {
	numbers := []float64{3, 1, 4, 1, 5, 9, 2, 6}
	sum := 0.0
	for _, value := range numbers {
		sum += value
	}
	mean := sum / float64(len(numbers))
	squares := 0.0
	for _, value := range numbers {
		squares += (value - mean) * (value - mean)
	}
	sort.Float64s(numbers)
	fmt.Println("mean", mean)
	fmt.Println("median", (numbers[3]+numbers[4])/2)
	fmt.Printf("stdev %.3f\n", math.Sqrt(squares/float64(len(numbers)-1)))
}
)"},
    {Language::go, "words", kWords, R"(package main

import (
	"fmt"
	"sort"
	"strings"
)

func main() {
	text := "the quick brown fox jumps over the lazy dog and the fox"
	counts := map[string]int{}
	for _, word := range strings.Fields(text) {
		counts[word]++
	}
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Slice(words, func(i, j int) bool {
		if counts[words[i]] != counts[words[j]] {
			return counts[words[i]] > counts[words[j]]
		}
		return words[i] < words[j]
	})
	for _, word := range words[:3] {
		fmt.Println(word, counts[word])
	}
}
)"},
    {Language::go, "primes", kPrimes, R"(package main

import "fmt"

func main() {
	const limit = 50
	var composite [limit + 1]bool
	for number := 2; number <= limit; number++ {
		if composite[number] {
			continue
		}
		fmt.Print(number, " ")
		for multiple := number * number; multiple <= limit; multiple += number {
			composite[multiple] = true
		}
	}
	fmt.Println()
}
)"},
    {Language::rust, "hello", kHello, R"(fn main() {
    let name = "Rust";
    println!("Hello from {name} on {}", std::env::consts::ARCH);
}
)"},
    {Language::rust, "fibonacci", kFibonacci, R"(fn main() {
    let (mut a, mut b) = (0u64, 1u64);
    for _ in 0..10 {
        print!("{a} ");
        (a, b) = (b, a + b);
    }
    println!();
}
)"},
    {Language::rust, "statistics", kStatistics, R"(fn main() {
    let mut numbers = vec![3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
    let count = numbers.len() as f64;
    let mean: f64 = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|value| (value - mean) * (value - mean)).sum();
    numbers.sort_by(|a, b| a.total_cmp(b));
    println!("mean {mean}");
    println!("median {}", (numbers[3] + numbers[4]) / 2.0);
    println!("stdev {:.3}", (squares / (count - 1.0)).sqrt());
}
)"},
    {Language::rust, "words", kWords, R"(use std::collections::BTreeMap;

fn main() {
    let text = "the quick brown fox jumps over the lazy dog and the fox";
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1));
    for (word, count) in words.iter().take(3) {
        println!("{word} {count}");
    }
}
)"},
    {Language::rust, "primes", kPrimes, R"(fn main() {
    let limit = 50;
    let mut composite = vec![false; limit + 1];
    for number in 2..=limit {
        if composite[number] {
            continue;
        }
        print!("{number} ");
        for multiple in (number * number..=limit).step_by(number) {
            composite[multiple] = true;
        }
    }
    println!();
}
)"},
    {Language::java, "hello", kHello, R"(public class Main {
  public static void main(String[] arguments) {
    System.out.println("Hello from Java " + System.getProperty("java.version"));
  }
}
)"},
    {Language::java, "fibonacci", kFibonacci, R"(public class Main {
  public static void main(String[] arguments) {
    long a = 0, b = 1;
    for (int i = 0; i < 10; i++) {
      System.out.print(a + " ");
      long next = a + b;
      a = b;
      b = next;
    }
    System.out.println();
  }
}
)"},
    {Language::java, "statistics", kStatistics, R"(import java.util.Arrays;

public class Main {
  public static void main(String[] arguments) {
    double[] numbers = {3, 1, 4, 1, 5, 9, 2, 6};
    double mean = Arrays.stream(numbers).average().orElse(0);
    double squares = Arrays.stream(numbers).map(value -> (value - mean) * (value - mean)).sum();
    Arrays.sort(numbers);
    System.out.println("mean " + mean);
    System.out.println("median " + (numbers[3] + numbers[4]) / 2);
    System.out.printf("stdev %.3f%n", Math.sqrt(squares / (numbers.length - 1)));
  }
}
)"},
    {Language::java, "words", kWords, R"(import java.util.Map;
import java.util.TreeMap;

public class Main {
  public static void main(String[] arguments) {
    String text = "the quick brown fox jumps over the lazy dog and the fox";
    Map<String, Integer> counts = new TreeMap<>();
    for (String word : text.split(" ")) counts.merge(word, 1, Integer::sum);
    counts.entrySet().stream()
        .sorted((a, b) -> b.getValue() - a.getValue())
        .limit(3)
        .forEach(entry -> System.out.println(entry.getKey() + " " + entry.getValue()));
  }
}
)"},
    {Language::java, "primes", kPrimes, R"(public class Main {
  public static void main(String[] arguments) {
    int limit = 50;
    boolean[] composite = new boolean[limit + 1];
    for (int number = 2; number <= limit; number++) {
      if (composite[number]) continue;
      System.out.print(number + " ");
      for (int multiple = number * number; multiple <= limit; multiple += number) composite[multiple] = true;
    }
    System.out.println();
  }
}
)"},
};

}  // namespace

const std::vector<DemoRow>& demo_rows() { return kRows; }

}  // namespace rh::agent
