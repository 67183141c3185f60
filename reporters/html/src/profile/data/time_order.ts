// Stacks of one thread in the order of time, for as many columns as the screen has: in each column the stack that ran
// longest, and neighbours with the same function at the same depth joined.
import type { Groups } from "./groups";
import { each_run, kIdleBit, type Pick, type Range } from "./pick";
import type { Profile } from "./profile";
import { kOnCpu, kUnknownCpu } from "./model";

export interface TimeBox {
  from: number; // columns
  to: number;
  group: number;
}

// The group of each column; -1: nothing is known there, or nothing that is looked at.
export function columns_of(profile: Profile, groups: Groups, thread: number, range: Range, columns: number, pick: Pick): Int32Array {
  const { runs } = profile;
  const group = new Int32Array(columns).fill(-1);
  const longest = new Float64Array(columns);
  const scale = columns / (range.to_ns - range.from_ns);
  each_run(profile, thread, range, (run) => {
    const state = runs.state[run] as number;
    const off_cpu = (state & (kOnCpu | kUnknownCpu)) === 0;
    if (pick.measure === "cpu" ? (runs.cpu[run] as number) <= 0 : off_cpu && (pick.hidden & kIdleBit) !== 0) return;
    const from = Math.max(0, ((runs.start[run] as number) - range.from_ns) * scale);
    const to = Math.min(columns, ((runs.start[run] as number) + (runs.wall[run] as number) - range.from_ns) * scale);
    for (let column = Math.floor(from); column < to; column++) {
      const part = Math.min(to, column + 1) - Math.max(from, column);
      if (part > (longest[column] as number)) {
        longest[column] = part;
        group[column] = groups.of_node[runs.node[run] as number] as number;
      }
    }
  });
  return group;
}

// Rows of boxes, the roots first.
export function boxes_of(groups: Groups, columns: Int32Array): TimeBox[][] {
  const rows: TimeBox[][] = [];
  let open: TimeBox[] = [];
  let before = -1;
  const path: number[] = [];
  columns.forEach((group, column) => {
    if (group === before) return;
    before = group;
    path.length = 0;
    for (let up = group; up > 0; up = groups.parent[up] as number) path.push(up);
    path.reverse();
    let same = 0;
    while (same < path.length && same < open.length && open[same]?.group === path[same]) same++;
    for (const box of open.slice(same)) box.to = column;
    open = open.slice(0, same);
    for (let depth = same; depth < path.length; depth++) {
      const box: TimeBox = { from: column, to: columns.length, group: path[depth] as number };
      open.push(box);
      (rows[depth] ??= []).push(box);
    }
  });
  return rows;
}

// The thread with the most time of those that are looked at.
export function busiest_thread(profile: Profile, pick: Pick): number {
  const column = pick.measure === "cpu" ? profile.runs.cpu : profile.runs.wall;
  let best = -1;
  let most = -1;
  profile.threads.forEach(({ process }, thread) => {
    if ((pick.thread !== null && pick.thread !== thread) || (pick.process !== null && pick.process !== process)) return;
    let sum = 0;
    each_run(profile, thread, pick.range, (run, part) => (sum += (column[run] as number) * part));
    if (sum > most) [best, most] = [thread, sum];
  });
  return best;
}
