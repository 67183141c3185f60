// Ratios of a covered file and the rows of the coverage table. What a format does not say stays
// unknown (null), it is not zero.
import type { CoverageFile, CoverageReport, CoverageTotals, Ratio } from "./model";
import { ranges_of, type Range } from "./ranges";

export interface CoverageRow {
  file: CoverageFile;
  path: string;
  lines: Ratio | null;
  branches: Ratio | null;
  statements: Ratio | null;
  basis: Ratio | null; // what the percent bar shows
  missed: number | null; // of the basis
}

function sum(a: Ratio | null, b: Ratio | null): Ratio | null {
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
  const { lines, branches, statements } = file.totals;
  const chosen = ratio_of_basis(basis, file.totals);
  return { file, path: file.path, lines, branches, statements, basis: chosen, missed: chosen ? chosen.found - chosen.hit : null };
}

export function total_of_basis(report: CoverageReport): Ratio | null {
  const total = ratio_of_basis(report.basis, report.totals);
  return total && total.found > 0 ? total : null;
}

export interface LineRanges {
  missed: Range[];
  hit: Range[];
  partial: number[]; // hit lines with a branch that was not taken
}

// The lines that were hit or missed. Where the format has blocks instead of lines, a line is missed
// when any block on it was.
function hits_by_line(file: CoverageFile): Map<number, number> {
  if (file.lines.length > 0) return new Map(file.lines);
  const hits = new Map<number, number>();
  for (const [from, , to, , , count] of file.blocks)
    for (let line = from; line <= Math.min(to, from + kLongestBlock); line++) hits.set(line, Math.min(count, hits.get(line) ?? count));
  return new Map([...hits].sort(([a], [b]) => a - b));
}

const kLongestBlock = 100_000;

export function line_ranges(file: CoverageFile): LineRanges {
  const hits = hits_by_line(file);
  const is_no_code = (line: number): boolean => !hits.has(line);
  const untaken = new Set(file.branches.filter(([, , , taken]) => !taken).map(([line]) => line));
  const pick = (hit: boolean): number[] => [...hits].filter(([, count]) => count > 0 === hit).map(([line]) => line);
  return {
    missed: ranges_of(pick(false), is_no_code),
    hit: ranges_of(pick(true), is_no_code),
    partial: pick(true).filter((line) => untaken.has(line)),
  };
}

// One row per line of the listing: the source text where the report has it.
export interface ListedLine {
  line: number;
  hits: number | null; // null: not code, or not known
  partial: boolean;
  text: string;
}

export function listing_of(file: CoverageFile): ListedLine[] {
  if (file.source === undefined) return [];
  const hits = hits_by_line(file);
  const partial = new Set(line_ranges(file).partial);
  return file.source
    .replace(/\n$/, "")
    .split("\n")
    .map((text, i) => ({ line: i + 1, hits: hits.get(i + 1) ?? null, partial: partial.has(i + 1), text }));
}

export type CoverageColumn = "path" | "percent" | "missed" | "lines" | "branches" | "statements";

function share(ratio: Ratio | null): number | null {
  return ratio && ratio.found > 0 ? ratio.hit / ratio.found : null;
}

export function coverage_key(row: CoverageRow, column: CoverageColumn): string | number | null {
  if (column === "path") return row.path;
  if (column === "missed") return row.missed;
  return share(column === "percent" ? row.basis : row[column]);
}
