// A weighted tree of functions as a chart draws it: of a whole profile, or of the callers or callees of one function.
import type { Groups, GroupWeights } from "./groups";

export interface CallTree {
  frame(item: number): number; // -1: the root
  parent(item: number): number; // -1: it is the root, item 0
  total(item: number): number;
  self(item: number): number;
  children(item: number): readonly number[]; // those with any weight, in the order of the chart
}

export type Order = "left-heavy" | "by-name";

type Compare = (a: number, b: number) => number;

// Children are sorted when a chart first asks for them: most are never drawn.
class SortedChildren {
  private readonly known = new Map<number, readonly number[]>();

  constructor(private readonly unsorted: (item: number) => number[], private readonly compare: Compare) {}

  of(item: number): readonly number[] {
    let children = this.known.get(item);
    if (!children) {
      children = this.unsorted(item).sort(this.compare);
      this.known.set(item, children);
    }
    return children;
  }
}

function compare_of(order: Order, total: (item: number) => number, name: (item: number) => string): Compare {
  if (order === "left-heavy") return (a, b) => total(b) - total(a) || a - b;
  return (a, b) => {
    const [left, right] = [name(a), name(b)];
    return left < right ? -1 : left > right ? 1 : a - b;
  };
}

export function profile_tree(groups: Groups, { self, total }: GroupWeights, order: Order, names: readonly string[]): CallTree {
  const name = (item: number): string => names[groups.frame[item] as number] ?? "";
  const sorted = new SortedChildren(
    (item) => Array.from(groups.children.subarray(groups.first_child[item], groups.first_child[item + 1])).filter((child) => (total[child] as number) > 0),
    compare_of(order, (item) => total[item] as number, name),
  );
  return {
    frame: (item) => groups.frame[item] as number,
    parent: (item) => groups.parent[item] as number,
    total: (item) => total[item] as number,
    self: (item) => self[item] as number,
    children: (item) => sorted.of(item),
  };
}

// A tree that is put together path by path. Its root stands for `frame`.
class GrownTree implements CallTree {
  private readonly frames: number[];
  private readonly parents = [-1];
  private readonly totals = [0];
  private readonly selfs = [0];
  private readonly kids: number[][] = [[]];
  private readonly known = new Map<number, number>();
  private readonly sorted: SortedChildren;

  constructor(frame: number, private readonly frame_count: number) {
    this.frames = [frame];
    this.sorted = new SortedChildren((item) => [...(this.kids[item] as number[])], (a, b) => this.total(b) - this.total(a) || a - b);
  }

  child(item: number, frame: number): number {
    const key = item * this.frame_count + frame;
    let child = this.known.get(key);
    if (child === undefined) {
      child = this.frames.length;
      this.known.set(key, child);
      this.frames.push(frame);
      this.parents.push(item);
      this.totals.push(0);
      this.selfs.push(0);
      this.kids.push([]);
      (this.kids[item] as number[]).push(child);
    }
    return child;
  }
  add(item: number, total: number, self: number): void {
    this.totals[item]! += total;
    this.selfs[item]! += self;
  }

  frame(item: number): number {
    return this.frames[item] as number;
  }
  parent(item: number): number {
    return this.parents[item] as number;
  }
  total(item: number): number {
    return this.totals[item] as number;
  }
  self(item: number): number {
    return this.selfs[item] as number;
  }
  children(item: number): readonly number[] {
    return this.sorted.of(item);
  }
}

// Where a function is called, each stack counted once: the outermost calls of it.
function occurrences(groups: Groups, { total }: GroupWeights, frame: number): number[] {
  const found: number[] = [];
  for (let i = 1; i < groups.count; i++) if (groups.frame[i] === frame && groups.outermost[i] === 1 && (total[i] as number) > 0) found.push(i);
  return found;
}

// Who called the function, from it outwards.
export function callers_of(groups: Groups, weights: GroupWeights, frame: number, frame_count: number): CallTree {
  const tree = new GrownTree(frame, frame_count);
  for (const group of occurrences(groups, weights, frame)) {
    const weight = weights.total[group] as number;
    let item = 0;
    tree.add(0, weight, 0);
    for (let up = groups.parent[group] as number; up > 0; up = groups.parent[up] as number) {
      item = tree.child(item, groups.frame[up] as number);
      tree.add(item, weight, 0);
    }
    tree.add(item, 0, weight);
  }
  return tree;
}

// What the function called, merged over all places that it is called from.
export function callees_of(groups: Groups, weights: GroupWeights, frame: number, frame_count: number): CallTree {
  const tree = new GrownTree(frame, frame_count);
  const open: [group: number, item: number][] = occurrences(groups, weights, frame).map((group) => [group, 0]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [group, item] = next;
    tree.add(item, weights.total[group] as number, weights.self[group] as number);
    for (let i = groups.first_child[group] as number; i < (groups.first_child[group + 1] as number); i++) {
      const child = groups.children[i] as number;
      if ((weights.total[child] as number) > 0) open.push([child, tree.child(item, groups.frame[child] as number)]);
    }
  }
  return tree;
}
