// Reads the report out of the page. Each section is an element with base64 of gzip of JSON, as the html
// reporter writes it; the first view needs two of them, and the others are read when they are asked for.
import { decode_json, DecodeError, take_text } from "./embedded";
import type { Attempt, BlockHits, BranchHits, FunctionHits, LineRange, Report, TestProfile } from "./model";
import type { TestColumns } from "./tests";

export const kSchemaVersion = 1;

// The rows of tests with more to tell than their row of the table.
export interface EvidenceSection {
  items: Record<string, Attempt[]>;
  left_out: number;
}

// Outcomes and durations of earlier runs, a character each (past.ts).
export interface PastSection {
  items: Record<string, [outcomes: string, durations: string]>;
  left_out: number;
}

export interface CoverageLines {
  lines?: number[]; // step to the next line, its hits, ...
  branches?: BranchHits[];
  functions?: FunctionHits[];
  blocks?: BlockHits[];
}

export interface CoverageSection {
  patch: Record<string, number[]>; // first line, last line, state, ...
  patch_left_out: number;
  files: Record<string, CoverageLines>;
  left_out: number;
}

export interface SourcesSection {
  files: Record<string, string>;
  reasons: Record<string, string>; // why a file's text is not here
  left_out: number;
}

export interface MapSection {
  suites: {
    suite: string;
    tests: (number | string)[]; // row of the tests table, or the name of a test file or package
    files: Record<string, [test: number, lines: LineRange[]][]>;
  }[];
  left_out: number;
}

// By row of the tests table.
export interface ProfilesSection {
  items: Record<string, TestProfile>;
  left_out: number;
}

export interface SectionTypes {
  "rh-report": Report;
  "rh-tests": TestColumns;
  "rh-evidence": EvidenceSection;
  "rh-past": PastSection;
  "rh-coverage": CoverageSection;
  "rh-sources": SourcesSection;
  "rh-map": MapSection;
  "rh-profiles": ProfilesSection;
}
export type SectionName = keyof SectionTypes;

// What is wrong with a parsed document before anything of it is drawn; empty when it can be read.
export function problem_of(document: unknown): string {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return "the embedded data is not a report";
  const report = document as Partial<Report>;
  if (typeof report.schema_version !== "number" || !Array.isArray(report.suites) || typeof report.run !== "object")
    return "the embedded data is not a report";
  if (report.schema_version > kSchemaVersion)
    return `the report has schema version ${report.schema_version}, and this page reads version ${kSchemaVersion}`;
  return "";
}

// Each section is decoded once, and its text leaves the page then: it would stay in memory beside the data.
export class Sections {
  private readonly known = new Map<SectionName, Promise<unknown>>();
  private readonly decoded = new Map<SectionName, unknown>();

  constructor(private readonly text_of: (name: SectionName) => string | null) {}

  load<Name extends SectionName>(name: Name): Promise<SectionTypes[Name]> {
    let section = this.known.get(name);
    if (!section) {
      const text = this.text_of(name);
      section = text === null ? Promise.reject(new DecodeError(`the section ${name} is missing: the file was cut short`)) : decode_json(text);
      this.known.set(name, section);
      section.then((data) => this.decoded.set(name, data), () => undefined);
    }
    return section as Promise<SectionTypes[Name]>;
  }

  // What is decoded already: paper does not wait.
  peek<Name extends SectionName>(name: Name): SectionTypes[Name] | undefined {
    return this.decoded.get(name) as SectionTypes[Name] | undefined;
  }
}

export function sections_of_page(): Sections {
  return new Sections(take_text);
}
