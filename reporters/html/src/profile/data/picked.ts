// What is computed from a profile for one pick, each part when a view first asks for it.
import { function_rows, interval_of, type FunctionRow, type Interval } from "./functions";
import { group_weights, groups_of, type Groups, type GroupWeights } from "./groups";
import { line_table, type LineTable } from "./lines";
import { is_time, kIdleBit, node_weights, type NodeWeights, type Pick } from "./pick";
import type { Profile } from "./profile";

const groups_by_profile = new WeakMap<Profile, Map<number, Groups>>();

// Idle samples are left out as a whole, so frames of that kind need no tree of their own.
function cached_groups(profile: Profile, hidden: number): Groups {
  const known = groups_by_profile.get(profile) ?? new Map<number, Groups>();
  groups_by_profile.set(profile, known);
  const bits = hidden & ~kIdleBit;
  const groups = known.get(bits) ?? groups_of(profile, bits);
  known.set(bits, groups);
  return groups;
}

export class Picked {
  private made: { nodes?: NodeWeights; weights?: GroupWeights; functions?: FunctionRow[]; lines?: LineTable; intervals?: Map<number, [Interval, Interval]> } = {};

  constructor(readonly profile: Profile, readonly pick: Pick) {}

  get nodes(): NodeWeights {
    return (this.made.nodes ??= node_weights(this.profile, this.pick));
  }
  get groups(): Groups {
    return cached_groups(this.profile, this.pick.hidden);
  }
  get weights(): GroupWeights {
    return (this.made.weights ??= group_weights(this.groups, this.nodes.of_node));
  }
  get functions(): FunctionRow[] {
    return (this.made.functions ??= function_rows(this.groups, this.weights, this.profile.frames.count));
  }
  get lines(): LineTable {
    return (this.made.lines ??= line_table(this.profile, this.groups, this.nodes.of_node));
  }
  // Of all that is looked at; shares are of this.
  get sum(): number {
    return this.nodes.sum;
  }
  // How much has no frame that is shown.
  get invisible(): number {
    return this.weights.self[0] as number;
  }

  get is_whole(): boolean {
    const { range, process, thread, hidden } = this.pick;
    return range === null && process === null && thread === null && hidden === 0;
  }

  // The interval of a function's share: as the summary has it for the whole recording, else of the part. Bytes have none.
  interval(frame: number, share: number, of: "self" | "total"): Interval | null {
    const { measure, range } = this.pick;
    if (!is_time(measure)) return null;
    if (this.is_whole) {
      this.made.intervals ??= this.whole_intervals();
      const known = this.made.intervals.get(frame);
      if (known) return known[of === "self" ? 0 : 1];
    }
    return this.part_interval(share, range ? range.to_ns - range.from_ns : this.profile.end_ns);
  }

  part_interval(share: number, span_ns: number): Interval {
    return interval_of(share, this.nodes, span_ns, this.profile.overview.quality.rejected_share ?? 0);
  }

  private whole_intervals(): Map<number, [Interval, Interval]> {
    const { intervals } = this.profile.overview;
    const [self, total] = this.pick.measure === "cpu" ? [intervals.cpu_self, intervals.cpu_total] : [intervals.wall_self, intervals.wall_total];
    const at = (column: number[], i: number): Interval => ({ low: (column[2 * i] as number) / 1e6, high: (column[2 * i + 1] as number) / 1e6 });
    return new Map(intervals.frame.map((frame, i) => [frame, [at(self, i), at(total, i)]]));
  }
}
