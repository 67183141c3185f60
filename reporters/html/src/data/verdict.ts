// The verdict of a run in one or two words; the sentence beside it is the report's own.
import type { Report } from "./model";

export interface Verdict {
  word: string;
  tone: "good" | "bad" | "warn";
}

const kWords: Record<number, string> = {
  1: "Tests failed",
  2: "Usage error",
  3: "Gate failed",
  4: "No tests",
  5: "Broken",
  6: "Results unusable",
  7: "Isolation unavailable",
  8: "Internal error",
  124: "Deadline hit",
  130: "Interrupted",
  143: "Terminated",
};

export function verdict_of(report: Pick<Report, "exit_code" | "complete">): Verdict {
  if (!report.complete) return { word: "Incomplete", tone: "warn" };
  if (report.exit_code === 0) return { word: "Passed", tone: "good" };
  return { word: kWords[report.exit_code] ?? "Failed", tone: "bad" };
}
