// The tree of calls by function: nodes that differ only in the line are one, and frames of hidden kinds are left out,
// so that what they weigh counts for their callers. It depends on the profile and the hidden kinds alone.
import type { Nodes, Profile } from "./profile";

// Group 0 is the root above all stacks; it has no frame (-1). A parent's number is smaller than its children's.
export interface Groups {
  count: number;
  parent: Int32Array;
  frame: Int32Array;
  first_child: Int32Array; // of `children`; one more at the end
  children: Int32Array;
  outermost: Uint8Array; // 1: no caller of this group has the same frame
  of_node: Int32Array;   // the group that a node's samples count for
  visible: Int32Array;   // the node that a node's samples count for; -1: none of the stack is visible
}

// For each parent its children, one after the other.
export function children_of(parent: Int32Array, count: number): Pick<Groups, "first_child" | "children"> {
  const first_child = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) if ((parent[i] as number) >= 0) first_child[(parent[i] as number) + 1]!++;
  for (let i = 0; i < count; i++) first_child[i + 1]! += first_child[i] as number;
  const next = first_child.slice(0, count);
  const children = new Int32Array(first_child[count] as number);
  for (let i = 0; i < count; i++) if ((parent[i] as number) >= 0) children[next[parent[i] as number]!++] = i;
  return { first_child, children };
}

// 1 for each item whose key no ancestor has. Keys are 0 or larger; -1 never counts.
export function outermost_of(parent: Int32Array, key: Int32Array, keys: number): Uint8Array {
  const count = parent.length;
  const { first_child, children } = children_of(parent, count);
  const outermost = new Uint8Array(count);
  const open = new Uint8Array(keys); // keys of the path from the root to here
  const next = first_child.slice(0, count);
  const enter = (i: number): void => {
    const own = key[i] as number;
    if (own >= 0 && open[own] === 0) {
      outermost[i] = 1;
      open[own] = 1;
    }
  };
  for (let root = 0; root < count; root++) {
    if ((parent[root] as number) >= 0) continue;
    enter(root);
    for (let i = root; i >= 0; ) {
      if ((next[i] as number) < (first_child[i + 1] as number)) {
        i = children[next[i]!++] as number;
        enter(i);
        continue;
      }
      if (outermost[i] === 1) open[key[i] as number] = 0;
      i = parent[i] as number;
    }
  }
  return outermost;
}

function visible_nodes(profile: Profile, hidden: number): Int32Array {
  const { nodes, frames } = profile;
  const visible = new Int32Array(nodes.count);
  for (let i = 0; i < nodes.count; i++) {
    const parent = nodes.parent[i] as number;
    const kind = frames.kind[nodes.frame[i] as number] as number;
    visible[i] = hidden & (1 << kind) ? (parent < 0 ? -1 : (visible[parent] as number)) : i;
  }
  return visible;
}

function visible_parent(nodes: Nodes, visible: Int32Array, node: number): number {
  const parent = nodes.parent[node] as number;
  return parent < 0 ? -1 : (visible[parent] as number);
}

export function groups_of(profile: Profile, hidden: number): Groups {
  const { nodes, frames } = profile;
  const visible = visible_nodes(profile, hidden);
  const of_node = new Int32Array(nodes.count);
  const parents = [-1];
  const group_frames = [-1];
  const known = new Map<number, number>();
  for (let i = 0; i < nodes.count; i++) {
    if (visible[i] !== i) {
      of_node[i] = visible[i] === -1 ? 0 : (of_node[visible[i] as number] as number);
      continue;
    }
    const caller = visible_parent(nodes, visible, i);
    const parent = caller < 0 ? 0 : (of_node[caller] as number);
    const frame = nodes.frame[i] as number;
    const key = parent * frames.count + frame;
    let group = known.get(key);
    if (group === undefined) {
      group = parents.length;
      known.set(key, group);
      parents.push(parent);
      group_frames.push(frame);
    }
    of_node[i] = group;
  }
  const parent = Int32Array.from(parents);
  const frame = Int32Array.from(group_frames);
  return { count: parents.length, parent, frame, ...children_of(parent, parents.length), outermost: outermost_of(parent, frame, frames.count), of_node, visible };
}

// What each group weighs by itself and with all that it calls.
export interface GroupWeights {
  self: Float64Array;
  total: Float64Array;
}

export function group_weights(groups: Groups, of_node: Float64Array): GroupWeights {
  const self = new Float64Array(groups.count);
  for (let i = 0; i < of_node.length; i++) if (of_node[i] !== 0) self[groups.of_node[i] as number]! += of_node[i] as number;
  const total = self.slice();
  for (let i = groups.count - 1; i > 0; i--) total[groups.parent[i] as number]! += total[i] as number;
  return { self, total };
}
