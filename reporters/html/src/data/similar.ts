// Groups failures whose messages say the same: numbers, addresses, paths, quoted texts and the like are blanked out
// first; shapes that still differ in a few words then join the larger group.
import { strip_ansi } from "../text/ansi";
import type { TestRow } from "./tests";

export interface FailureGroup {
  title: string; // the first message in it
  shape: string;
  rows: TestRow[];
}

const kLongestMessage = 300;
const kAlike = 0.7;     // shared words of all words
const kMaxShapes = 400; // shapes that are compared with one another; rarer ones stay as they are

const kBlanks: [RegExp, string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g, "<address>"],
  [/"(?:[^"\\]|\\.){0,200}"|'(?:[^'\\]|\\.){0,200}'|`[^`]{0,200}`/g, "<text>"],
  [/(?:[A-Za-z]:)?(?:[\\/][\w@.+~-]+){2,}[\\/]?/g, "<path>"],
  [/\b0x[0-9a-f]+\b/gi, "<hex>"],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi, "<hex>"],
  [/[+-]?\b\d+(?:[._,]\d+)*(?:e[+-]?\d+)?/gi, "<n>"],
];

export function shape_of(message: string): string {
  let shape = strip_ansi(message).slice(0, kLongestMessage);
  for (const [pattern, blank] of kBlanks) shape = shape.replace(pattern, blank);
  // [1, 2, 3] and [1, 2] are lists of numbers.
  shape = shape.replace(/<(\w+)>(?:[,;\s]+<\1>)+/g, "<$1>");
  return shape.replace(/\s+/g, " ").trim().toLowerCase();
}

function words_of(shape: string): Set<string> {
  return new Set(shape.split(/[^\w<>]+/).filter(Boolean));
}

export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared / (a.size + b.size - shared);
}

// What a failure without a message is told by.
function text_of(row: TestRow): string {
  return row.message || row.outcome.replaceAll("_", " ");
}

export function group_failures(rows: readonly TestRow[]): FailureGroup[] {
  const by_shape = new Map<string, FailureGroup>();
  for (const row of rows) {
    const text = text_of(row);
    const shape = shape_of(text);
    const group = by_shape.get(shape);
    if (group) group.rows.push(row);
    else by_shape.set(shape, { title: text, shape, rows: [row] });
  }
  const largest_first = (a: FailureGroup, b: FailureGroup): number => b.rows.length - a.rows.length;
  const shapes = [...by_shape.values()].sort(largest_first);
  const joined: { group: FailureGroup; words: Set<string> }[] = [];
  for (const group of shapes.slice(0, kMaxShapes)) {
    const words = words_of(group.shape);
    const near = joined.find((other) => likeness(words, other.words) >= kAlike);
    if (near) near.group.rows.push(...group.rows);
    else joined.push({ group, words });
  }
  return [...joined.map(({ group }) => group), ...shapes.slice(kMaxShapes)].sort(largest_first);
}
