// A call tree as boxes: the zoomed one fills the width, its callers lie above it, what it calls below.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { plural } from "../../text/format";
import { format_share, frame_label, useProfile } from "./page";
import { BoxChart } from "./box_chart";
import type { Box } from "./box_draw";
import { FlameColors } from "./flame_color";
import { BoxStory } from "./frame";
import type { Profile } from "../data/profile";
import type { CallTree } from "../data/tree";

const kNarrowest = 0.4; // pixels

const colors_by_profile = new WeakMap<Profile, FlameColors>();

export function flame_colors(profile: Profile): FlameColors {
  const colors = colors_by_profile.get(profile) ?? new FlameColors(profile.frames);
  colors_by_profile.set(profile, colors);
  return colors;
}

// Rows of boxes of a tree, its root first.
export function tree_rows(tree: CallTree, zoom: number, width: number): Box[][] {
  const rows: Box[][] = [];
  for (let up = tree.parent(zoom); up >= 0; up = tree.parent(up)) rows.unshift([{ x: 0, width, item: up, faded: true }]);
  let row: Box[] = tree.total(zoom) > 0 ? [{ x: 0, width, item: zoom }] : [];
  const scale = width / (tree.total(zoom) || 1);
  while (row.length > 0) {
    rows.push(row);
    const below: Box[] = [];
    for (const { item, x, rest: is_rest } of row) {
      if (is_rest) continue;
      let at = x;
      let rest: Box = { x, width: 0, item, rest: 0 };
      for (const child of tree.children(item)) {
        const wide = tree.total(child) * scale;
        if (wide >= kNarrowest) {
          if (rest.width >= kNarrowest) below.push(rest);
          below.push({ x: at, width: wide, item: child });
          rest = { x: at + wide, width: 0, item, rest: 0 };
        } else rest = { ...rest, width: rest.width + wide, rest: (rest.rest ?? 0) + 1 };
        at += wide;
      }
      if (rest.width >= kNarrowest) below.push(rest);
    }
    row = below;
  }
  return rows;
}

interface Props {
  tree: CallTree;
  zoom: number;
  set_zoom: (item: number) => void;
  label: string;
  up?: boolean;
  class?: string;
  story?: (item: number) => ComponentChildren;
  pointed?: (item: number | null) => void;
  open_function: (frame: number, what: "sandwich" | "source") => void;
}

export function FlameChart({ tree, zoom, set_zoom, label, up = false, class: name = "", story, pointed, open_function }: Props) {
  const { profile, picked, found } = useProfile();
  const colors = flame_colors(profile);
  const color_of = useMemo(() => ({ item }: Box, dark: boolean) => colors.of(tree.frame(item), found, dark), [tree, found]);
  return (
    <BoxChart
      rows={(width) => tree_rows(tree, zoom, width)}
      changes={[tree, zoom]}
      up={up}
      class={name}
      label={label}
      color_of={color_of}
      text_of={({ item, rest }) => {
        if (rest) return plural(rest, "narrow box", "narrow boxes");
        const text = frame_label(profile, tree.frame(item));
        return tree.frame(item) < 0 ? `${text} ${format_share(tree.total(item) / (picked.sum || 1))}` : text;
      }}
      tip_of={({ item, rest }) => rest ? <p>{`${plural(rest, "function")} too narrow to draw: a click zooms to their caller`}</p> : <BoxStory frame={tree.frame(item)} self={up ? null : tree.self(item)} total={tree.total(item)}>{story?.(item)}</BoxStory>}
      open={({ item }) => set_zoom(item)}
      leave={() => set_zoom(tree.parent(zoom) >= 0 ? tree.parent(zoom) : 0)}
      on_other_key={(key, box) => {
        const frame = box && !box.rest ? tree.frame(box.item) : -1;
        if (key === "0") set_zoom(0);
        else if (frame >= 0 && (key === "s" || key === "o")) open_function(frame, key === "s" ? "sandwich" : "source");
        else return false;
        return true;
      }}
      pointed={(box) => pointed?.(box ? box.item : null)}
    />
  );
}
