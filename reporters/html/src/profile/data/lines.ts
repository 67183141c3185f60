// Time by line of source: what ran in a line itself, and what with all that it called.
import { outermost_of, type Groups } from "./groups";
import type { Profile } from "./profile";

// A line of a file that stacks go through. Line 0: which line is not known.
interface LineKeys {
  of_node: Int32Array; // -1: no file
  file: number[];
  line: number[];
  outermost: Uint8Array; // 1: no caller of the node is in the same line
  file_outermost: Uint8Array;
}

const cache = new WeakMap<Profile, LineKeys>();

function keys_of(profile: Profile): LineKeys {
  const made = cache.get(profile);
  if (made) return made;
  const { nodes, frames } = profile;
  const of_node = new Int32Array(nodes.count).fill(-1);
  const of_file = new Int32Array(nodes.count).fill(-1);
  const file: number[] = [];
  const line: number[] = [];
  const known = new Map<number, number>();
  for (let i = 0; i < nodes.count; i++) {
    const frame = nodes.frame[i] as number;
    const path = frames.file[frame] as number;
    if (frames.files[path] === "") continue;
    const key = path * 2 ** 32 + (nodes.line[i] as number);
    let index = known.get(key);
    if (index === undefined) {
      index = file.length;
      known.set(key, index);
      file.push(path);
      line.push(nodes.line[i] as number);
    }
    of_node[i] = index;
    of_file[i] = path;
  }
  const keys: LineKeys = {
    of_node, file, line,
    outermost: outermost_of(nodes.parent, of_node, file.length),
    file_outermost: outermost_of(nodes.parent, of_file, frames.files.length),
  };
  cache.set(profile, keys);
  return keys;
}

export interface LineRow {
  file: number; // of Frames.files
  line: number;
  self: number;
  total: number;
}

export interface FileRow {
  file: number;
  self: number;
  total: number;
}

export interface LineTable {
  lines: LineRow[]; // most self time first
  files: FileRow[];
}

function most_first<Row extends { self: number; total: number }>(rows: Row[]): Row[] {
  return rows.filter((row) => row.total > 0).sort((a, b) => b.self - a.self || b.total - a.total);
}

export function line_table(profile: Profile, groups: Groups, of_node: Float64Array): LineTable {
  const { nodes, frames } = profile;
  const keys = keys_of(profile);
  const lines: LineRow[] = keys.file.map((file, i) => ({ file, line: keys.line[i] as number, self: 0, total: 0 }));
  const files: FileRow[] = frames.files.map((_, file) => ({ file, self: 0, total: 0 }));
  const totals = of_node.slice();
  for (let i = nodes.count - 1; i >= 0; i--) {
    const weight = of_node[i] as number;
    const seen = groups.visible[i] as number;
    if (weight !== 0 && seen >= 0 && (keys.of_node[seen] as number) >= 0) {
      const line = lines[keys.of_node[seen] as number] as LineRow;
      line.self += weight;
      (files[line.file] as FileRow).self += weight;
    }
    const total = totals[i] as number;
    if (total === 0) continue;
    if ((nodes.parent[i] as number) >= 0) totals[nodes.parent[i] as number]! += total;
    if (groups.visible[i] !== i || (keys.of_node[i] as number) < 0) continue; // hidden frames have no lines of their own
    const line = lines[keys.of_node[i] as number] as LineRow;
    if (keys.outermost[i] === 1) line.total += total;
    if (keys.file_outermost[i] === 1) (files[line.file] as FileRow).total += total;
  }
  return { lines: most_first(lines), files: most_first(files) };
}

