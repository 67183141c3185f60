// The filter language of the tests: words and `key:value` terms that must all hold. The help of the page and
// docs/formats/html.md describe it; kKeys is where it is defined.
import { parse_comparison, parse_quantity, QuantityError, type Quantity } from "./quantities";
import type { TestRow } from "./tests";

export type Matcher = (row: TestRow) => boolean;

export interface Problem {
  term: string;
  message: string;
}

export interface Query {
  matches: Matcher;
  problems: Problem[];
}

export interface Term {
  from: number; // in the text of the query
  to: number;
  negated: boolean;
  key: string; // empty: a word
  values: string[]; // any of them; several only behind a key
}

class TermError extends Error {}

// --- words and quotes ---

// One term begins at `at`: [-][key:]value[,value...], where a value may be "quoted" or a /regular expression/.
function read_value(text: string, at: number, commas: boolean): { value: string; to: number } {
  const quote = text[at];
  if (quote === '"') {
    const end = text.indexOf('"', at + 1);
    if (end < 0) throw new TermError("the quotation mark is not closed");
    return { value: text.slice(at + 1, end), to: end + 1 };
  }
  if (quote === "/") {
    const regex = /^\/(?:[^/\\]|\\.)+\/(?=[\s,]|$)/.exec(text.slice(at));
    if (regex) return { value: regex[0], to: at + regex[0].length };
  }
  let to = at;
  while (to < text.length && !/\s/.test(text[to] as string) && !(commas && text[to] === ",")) to++;
  return { value: text.slice(at, to), to };
}

function read_term(text: string, from: number): Term {
  let at = from;
  const negated = text[at] === "-" && at + 1 < text.length && !/\s/.test(text[at + 1] as string);
  if (negated) at++;
  // `a::b` and `C:\x` are words, and so is the id of a test: `api:pytest::a.py::b`.
  const named = /^([a-z_]+):(?![:\\])(\S*)/i.exec(text.slice(at));
  const key = named && (is_key(named[1] as string) || !named[2]?.includes("::")) ? (named[1] as string) : "";
  if (key) at += key.length + 1;
  const values: string[] = [];
  for (;;) {
    const { value, to } = read_value(text, at, key !== "");
    values.push(value);
    at = to;
    if (key === "" || text[at] !== ",") break;
    at++;
  }
  return { from, to: at, negated, key: key.toLowerCase(), values };
}

export function terms_of(text: string): { terms: Term[]; problems: Problem[] } {
  const terms: Term[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] as string)) {
      at++;
      continue;
    }
    try {
      const term = read_term(text, at);
      terms.push(term);
      at = Math.max(term.to, at + 1);
    } catch (error) {
      return { terms, problems: [{ term: text.slice(at), message: error instanceof Error ? error.message : String(error) }] };
    }
  }
  return { terms, problems: [] };
}

// --- what the keys mean ---

function regex_of(value: string): RegExp | null {
  const match = /^\/(.+)\/$/s.exec(value);
  if (!match) return null;
  try {
    return new RegExp(match[1] as string, "i");
  } catch (error) {
    throw new TermError((error instanceof Error ? error.message : String(error)).replace(/^Invalid regular expression: /, "the regular expression is not valid: "));
  }
}

// `*` stands for anything; without one the value may stand anywhere in the text.
function text_matcher(value: string): (text: string) => boolean {
  const regex = regex_of(value);
  if (regex) return (text) => regex.test(text);
  const wanted = value.toLowerCase();
  if (!wanted.includes("*")) return (text) => text.toLowerCase().includes(wanted);
  const pattern = wanted.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  const glob = new RegExp(`^${pattern}$`, "s");
  return (text) => glob.test(text.toLowerCase());
}

function of_text(get: (row: TestRow) => string): (value: string) => Matcher {
  return (value) => {
    const matches = text_matcher(value);
    return (row) => matches(get(row));
  };
}

function of_quantity(get: (row: TestRow) => number | null, quantity: Quantity): (value: string) => Matcher {
  return (value) => {
    const holds = parse_comparison(value, quantity);
    return (row) => holds(get(row));
  };
}

function of_choice(choices: Record<string, Matcher>): (value: string) => Matcher {
  return (value) => {
    const matcher = choices[value.toLowerCase()];
    if (!matcher) throw new TermError(`"${value}" is none of ${Object.keys(choices).join(", ")}`);
    return matcher;
  };
}

const kStatuses: Record<string, Matcher> = {
  failed: (row) => row.group === "failed" || row.group === "quarantined",
  passed: (row) => row.outcome === "passed",
  skipped: (row) => row.outcome === "skipped",
  flaky: (row) => row.group === "flaky",
  quarantined: (row) => row.group === "quarantined",
  expected: (row) => row.group === "expected",
  errored: (row) => row.outcome === "errored",
  crashed: (row) => row.outcome === "crashed",
  timed_out: (row) => row.outcome === "timed_out",
  not_run: (row) => row.outcome === "not_run",
  expected_failure: (row) => row.outcome === "expected_failure",
  unexpected_pass: (row) => row.outcome === "unexpected_pass",
};

const kIs: Record<string, Matcher> = {
  retried: (row) => row.attempts > 1,
  quarantined: (row) => row.quarantine !== undefined,
  subtest: (row) => row.is_subtest,
  unstable: (row) => (row.flake_rate?.flips ?? 0) > 0,
};

// Overlaps the span of time: "3s..5s" or one moment.
function at_time(value: string): Matcher {
  const [from, to = from] = value.includes("..") ? value.split("..") : [value];
  const begin = from === "" ? 0 : parse_quantity(from as string, "duration");
  const end = to === "" ? Infinity : parse_quantity(to as string, "duration");
  if (begin > end) throw new TermError(`the span "${value}" ends before it begins`);
  return (row) => row.start_ns !== null && row.start_ns <= end && row.start_ns + (row.duration_ns ?? 0) >= begin;
}

export interface Key {
  names: string[]; // the first is the one that is shown
  example: string;
  meaning: string;
  matcher: (value: string) => Matcher;
}

export const kKeys: readonly Key[] = [
  { names: ["status", "outcome"], example: "status:failed,flaky", meaning: `one of ${Object.keys(kStatuses).join(", ")}`, matcher: of_choice(kStatuses) },
  { names: ["suite"], example: "suite:api", meaning: "part of the suite's name, or a pattern with *", matcher: of_text((row) => row.suite.suite.id) },
  { names: ["file", "path"], example: "file:tests/orders", meaning: "part of the test's file", matcher: of_text((row) => row.file) },
  { names: ["name", "test"], example: "name:/round(s|ed)/", meaning: "part of the name, with class", matcher: of_text((row) => `${row.classname} ${row.name}`) },
  { names: ["message", "msg"], example: 'msg:"connection refused"', meaning: "part of the failure's message", matcher: of_text((row) => row.message) },
  { names: ["slow", "duration", "time"], example: "slow:>1s", meaning: "wall time: >1s, <=200ms, 1s..2s, unknown", matcher: of_quantity((row) => row.duration_ns, "duration") },
  { names: ["cpu"], example: "cpu:>500ms", meaning: "CPU time", matcher: of_quantity((row) => row.cpu_ns, "duration") },
  { names: ["mem", "memory"], example: "mem:>200MB", meaning: "peak memory; K, M, G are powers of 1024", matcher: of_quantity((row) => row.memory_bytes, "size") },
  { names: ["at"], example: "at:3s..5s", meaning: "ran in this span of the run; brushing the timeline sets it", matcher: at_time },
  { names: ["pid"], example: "pid:4711", meaning: "the process that ran it", matcher: of_quantity((row) => row.pid, "number") },
  { names: ["attempts"], example: "attempts:>1", meaning: "how often it was run", matcher: of_quantity((row) => row.attempts, "number") },
  { names: ["flips"], example: "flips:>2", meaning: "changes between passing and failing in the history", matcher: of_quantity((row) => row.flake_rate?.flips ?? 0, "number") },
  { names: ["is"], example: "is:retried", meaning: `one of ${Object.keys(kIs).join(", ")}`, matcher: of_choice(kIs) },
];

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] as number;
}

function is_key(name: string): boolean {
  return kKeys.some(({ names }) => names.includes(name.toLowerCase()));
}

function key_of(name: string): Key {
  const found = kKeys.find(({ names }) => names.includes(name));
  if (found) return found;
  const all = kKeys.flatMap(({ names }) => names);
  const near = all.map((candidate) => ({ candidate, far: distance(candidate, name) })).sort((a, b) => a.far - b.far)[0];
  const hint = near && near.far <= 2 ? `, did you mean "${near.candidate}:"?` : " (? lists those that there are).";
  throw new TermError(`there is no key "${name}:"${hint} In quotes it is looked for as text`);
}

function word_matcher(word: string): Matcher {
  const regex = regex_of(word);
  if (regex) return (row) => regex.test(`${row.id}\n${row.classname}\n${row.message}`);
  const wanted = word.toLowerCase();
  return (row) => row.haystack.includes(wanted);
}

function matcher_of(term: Term): Matcher {
  if (term.key === "") return word_matcher(term.values[0] ?? "");
  const key = key_of(term.key);
  if (term.values.includes("")) throw new TermError(`a value is missing, such as ${key.example}`);
  const any = term.values.map(key.matcher);
  return any.length === 1 ? (any[0] as Matcher) : (row) => any.some((matches) => matches(row));
}

export function parse_query(text: string): Query {
  const { terms, problems } = terms_of(text);
  const matchers: Matcher[] = [];
  for (const term of terms) {
    try {
      const matcher = matcher_of(term);
      matchers.push(term.negated ? (row) => !matcher(row) : matcher);
    } catch (error) {
      if (!(error instanceof TermError || error instanceof QuantityError)) throw error;
      problems.push({ term: text.slice(term.from, term.to), message: error.message });
    }
  }
  return { matches: (row) => matchers.every((matches) => matches(row)), problems };
}

// --- changing the text of a query ---

function quote_value(value: string): string {
  return /[\s",]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}

function positive_term(text: string, key: string): Term | undefined {
  return terms_of(text).terms.find((term) => term.key === key && !term.negated);
}

export function values_of(text: string, key: string): string[] {
  return positive_term(text, key)?.values ?? [];
}

// Replaces the values of a key; without values the term goes.
export function with_values(text: string, key: string, values: readonly string[]): string {
  const term = positive_term(text, key);
  const written = values.length > 0 ? `${key}:${values.map(quote_value).join(",")}` : "";
  const before = term ? text.slice(0, term.from) : `${text} `;
  const after = term ? text.slice(term.to) : "";
  return `${before}${written}${after}`.replace(/\s+/g, " ").trim();
}

export function toggle_value(text: string, key: string, value: string): string {
  const values = values_of(text, key);
  return with_values(text, key, values.includes(value) ? values.filter((other) => other !== value) : [...values, value]);
}
