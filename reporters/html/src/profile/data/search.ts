// The search of the page: a regular expression over names and files of functions.
import type { Groups, GroupWeights } from "./groups";
import type { Frames } from "./profile";

export interface Search {
  text: string;
  pattern: RegExp | null; // null: nothing is searched, or the text cannot be read
  problem: string;
}

const kLongestName = 2000; // characters that are looked at: an expression may take long on each

// Capital letters in the text mean themselves; else case does not matter.
export function parse_search(text: string): Search {
  if (text === "") return { text, pattern: null, problem: "" };
  try {
    return { text, pattern: new RegExp(text, /\p{Lu}/u.test(text.replace(/\\./g, "")) ? "u" : "iu"), problem: "" };
  } catch (strict) {
    // A lone bracket or an escape that means nothing: as a person would write it, if the old rules allow it.
    try {
      return { text, pattern: new RegExp(text, /[A-Z]/.test(text.replace(/\\./g, "")) ? "" : "i"), problem: "" };
    } catch (error) {
      return { text, pattern: null, problem: problem_of(error ?? strict) };
    }
  }
}

// "Invalid regular expression: /(/: Unterminated group" -> "unterminated group"
function problem_of(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.slice(message.lastIndexOf(": ") + 1).trim();
  return reason === "" ? "it cannot be read" : reason[0]!.toLowerCase() + reason.slice(1);
}

export function searched_text(frames: Frames, frame: number): string {
  const file = frames.files[frames.file[frame] as number] || frames.modules[frames.module[frame] as number] || "";
  const name = (frames.names[frame] as string).slice(0, kLongestName);
  return file === "" ? name : `${name} ${file}:${frames.line[frame]}`;
}

// 1 for each frame that is found; null: nothing is searched.
export function found_frames(frames: Frames, { pattern }: Search): Uint8Array | null {
  if (!pattern) return null;
  const found = new Uint8Array(frames.count);
  for (let frame = 0; frame < frames.count; frame++) if (pattern.test(searched_text(frames, frame))) found[frame] = 1;
  return found;
}

// Weight of the stacks with a found frame anywhere on them; each counts once.
export function found_weight(groups: Groups, { self }: GroupWeights, found: Uint8Array): number {
  const on_path = new Uint8Array(groups.count);
  let weight = 0;
  for (let i = 1; i < groups.count; i++) {
    on_path[i] = found[groups.frame[i] as number] === 1 || on_path[groups.parent[i] as number] === 1 ? 1 : 0;
    if (on_path[i] === 1) weight += self[i] as number;
  }
  return weight;
}
