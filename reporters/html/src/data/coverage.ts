// Ratios of a covered file and what its listing shows. What a format does not say stays unknown (null), it is not
// zero.
import type { BranchHits, CoverageFile, CoverageReport, CoverageTotals, Differential, Category, Ratio } from "./model";
import { ranges_of, type Range } from "./ranges";
import type { CoverageLines } from "./sections";

export interface CoverageRow {
  file: CoverageFile;
  path: string;
  lines: Ratio | null;
  branches: Ratio | null;
  functions: Ratio | null;
  statements: Ratio | null;
  basis: Ratio | null; // what the percent bar shows
  missed: number | null; // of the basis
}

export function sum(a: Ratio | null, b: Ratio | null): Ratio | null {
  if (!a || !b) return a ?? b;
  return { found: a.found + b.found, hit: a.hit + b.hit };
}

// A file of another ecosystem in a merged report may lack the basis: then the ratio that it has.
export function ratio_of_basis(basis: string, of: CoverageTotals): Ratio | null {
  if (basis === "statements") return of.statements ?? of.lines;
  if (basis === "lines+branches" && of.lines) return sum(of.lines, of.branches);
  return of.lines ?? of.statements;
}

export function row_of(file: CoverageFile, basis: string): CoverageRow {
  const { lines, branches, functions, statements } = file.totals;
  const chosen = ratio_of_basis(basis, file.totals);
  return { file, path: file.path, lines, branches, functions, statements, basis: chosen, missed: chosen ? chosen.found - chosen.hit : null };
}

export function total_of_basis(report: CoverageReport): Ratio | null {
  const total = ratio_of_basis(report.basis, report.totals);
  return total && total.found > 0 ? total : null;
}

// --- one file ---

export type PatchState = "covered" | "partial" | "uncovered" | "no_data";
const kPatchStates: readonly PatchState[] = ["covered", "partial", "uncovered", "no_data"];

export interface FileLines {
  hits: Map<number, number>;
  branches: Map<number, BranchHits[]>;
  patch: Map<number, PatchState>;
  last: number; // the last line that anything is known of
}

const kLongestBlock = 100_000;

// The lines that were hit or missed. Where the format has blocks instead of lines, a line is missed when any block
// on it was.
function hits_of(data: CoverageLines): Map<number, number> {
  const hits = new Map<number, number>();
  const steps = data.lines ?? [];
  if (steps.length > 0) {
    let line = 0;
    for (let i = 0; i + 1 < steps.length; i += 2) hits.set((line += steps[i] as number), steps[i + 1] as number);
    return hits;
  }
  for (const [from, , to, , , count] of data.blocks ?? [])
    for (let line = from; line <= Math.min(to, from + kLongestBlock); line++) hits.set(line, Math.min(count, hits.get(line) ?? count));
  return new Map([...hits].sort(([a], [b]) => a - b));
}

function patch_of(runs: readonly number[]): Map<number, PatchState> {
  const patch = new Map<number, PatchState>();
  for (let i = 0; i + 2 < runs.length; i += 3) {
    const first = runs[i] as number;
    const last = Math.min(runs[i + 1] as number, first + kLongestBlock);
    for (let line = first; line <= last; line++) patch.set(line, kPatchStates[runs[i + 2] as number] ?? "no_data");
  }
  return patch;
}

export function file_lines(data: CoverageLines | undefined, patch_runs: readonly number[] | undefined): FileLines {
  const hits = hits_of(data ?? {});
  const branches = new Map<number, BranchHits[]>();
  for (const branch of data?.branches ?? []) {
    const of_line = branches.get(branch[0]);
    if (of_line) of_line.push(branch);
    else branches.set(branch[0], [branch]);
  }
  const patch = patch_of(patch_runs ?? []);
  const last = Math.max(0, ...[hits, branches, patch].map((lines) => [...lines.keys()].reduce((a, b) => Math.max(a, b), 0)));
  return { hits, branches, patch, last };
}

export type LineState = "hit" | "missed" | "partial" | "none";

export function state_of(lines: FileLines, line: number): LineState {
  const hits = lines.hits.get(line);
  if (hits === undefined) return "none";
  if (hits === 0) return "missed";
  return lines.branches.get(line)?.some(([, , , taken]) => !taken) ? "partial" : "hit";
}

export function missed_ranges(lines: FileLines): Range[] {
  const missed = [...lines.hits].filter(([, count]) => count === 0).map(([line]) => line);
  return ranges_of(missed, (line) => !lines.hits.has(line));
}

// One row of the listing; `text` is null where the report has no text of the file.
export interface ListedLine {
  line: number;
  text: string | null;
  state: LineState;
}

export function listing_of(lines: FileLines, source: string | undefined): ListedLine[] {
  const texts = source?.replace(/\r?\n$/, "").split(/\r?\n/);
  const listed = texts ? texts.map((_, i) => i + 1) : [...new Set([...lines.hits.keys(), ...lines.patch.keys()])].sort((a, b) => a - b);
  return listed.map((line) => ({ line, text: texts?.[line - 1] ?? null, state: state_of(lines, line) }));
}

// Only what the patch changes or what is missed, each with some lines around it; a hole stands for what is hidden.
export type Hole = { hole: true; from: number; to: number };

export function with_context(listing: readonly ListedLine[], wanted: (line: ListedLine) => boolean, context: number): (ListedLine | Hole)[] {
  const shown = new Uint8Array(listing.length);
  listing.forEach((line, i) => {
    if (wanted(line)) shown.fill(1, Math.max(0, i - context), i + context + 1);
  });
  const rows: (ListedLine | Hole)[] = [];
  listing.forEach((line, i) => {
    const before = rows.at(-1);
    if (shown[i]) rows.push(line);
    else if (before && "hole" in before) before.to = line.line;
    else rows.push({ hole: true, from: line.line, to: line.line });
  });
  return rows;
}

// --- the twelve categories ---

export const kCategories: readonly { name: Category; meaning: string; bad: boolean }[] = [
  { name: "UNC", meaning: "new code that is not covered", bad: true },
  { name: "LBC", meaning: "was covered, is not any more", bad: true },
  { name: "UIC", meaning: "was no code for the tool, is code now and not covered", bad: true },
  { name: "UBC", meaning: "was not covered, still is not", bad: false },
  { name: "GBC", meaning: "was not covered, is now", bad: false },
  { name: "GIC", meaning: "was no code for the tool, is code now and covered", bad: false },
  { name: "GNC", meaning: "new code that is covered", bad: false },
  { name: "CBC", meaning: "was covered, still is", bad: false },
  { name: "EUB", meaning: "was not covered, is no code any more", bad: false },
  { name: "ECB", meaning: "was covered, is no code any more", bad: false },
  { name: "DUB", meaning: "was not covered, was deleted", bad: false },
  { name: "DCB", meaning: "was covered, was deleted", bad: false },
];

export function is_empty(categories: Differential): boolean {
  return kCategories.every(({ name }) => categories[name] === 0);
}

// --- sorting of files and folders ---

export type CoverageColumn = "path" | "percent" | "missed" | "lines" | "branches" | "functions";

function share(ratio: Ratio | null): number | null {
  return ratio && ratio.found > 0 ? ratio.hit / ratio.found : null;
}

type Measured = Pick<CoverageRow, "path" | "basis" | "missed" | "lines" | "branches" | "functions">;

export function coverage_key(row: Measured, column: CoverageColumn): string | number | null {
  if (column === "path") return row.path;
  if (column === "missed") return row.missed;
  return share(column === "percent" ? row.basis : row[column]);
}
