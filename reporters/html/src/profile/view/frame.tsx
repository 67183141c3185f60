// A function in a sentence or a table, and what is told about a box.
import type { ComponentChildren } from "preact";
import { kind_of } from "../data/profile";
import { format_share, format_weight, frame_label, frame_place, link, useProfile } from "./page";

// The function as a link to its sandwich.
export function FunctionLink({ frame }: { frame: number }) {
  const { profile, route } = useProfile();
  return <a href={link(route, { view: "sandwich", fn: String(frame) })}><bdi class="mono">{frame_label(profile, frame)}</bdi></a>;
}

// Where it is defined, as a link to its lines where there is a file.
export function PlaceLink({ frame }: { frame: number }) {
  const { profile, route } = useProfile();
  const { frames } = profile;
  const file = frames.files[frames.file[frame] as number] as string;
  const text = <bdi class="mono">{frame_place(profile, frame)}</bdi>;
  if (file === "") return <span class="muted">{text}</span>;
  const line = frames.line[frame] as number;
  return <a class="place-link" href={link(route, { view: "source", file, line: line > 0 ? String(line) : undefined })}>{text}</a>;
}

export function KindName({ frame }: { frame: number }) {
  const { profile } = useProfile();
  return <span class={`kind kind-${kind_of(profile.frames, frame)}`}>{kind_of(profile.frames, frame)}</span>;
}

// What a box of a chart is, for the pointer and below the chart.
export function BoxStory({ frame, self, total, children }: { frame: number; self: number | null; total: number; children?: ComponentChildren }) {
  const { profile, picked } = useProfile();
  const { measure } = picked.pick;
  const place = frame_place(profile, frame);
  return (
    <>
      <p class="tip-title"><bdi class="mono">{frame_label(profile, frame)}</bdi></p>
      {place && <p class="muted"><bdi class="mono">{place}</bdi>{` \u00b7 ${kind_of(profile.frames, frame)}`}</p>}
      <p class="figure">{`${format_share(total / (picked.sum || 1))} total, ${format_weight(measure, total)}`}</p>
      {self !== null && <p class="figure">{`${format_share(self / (picked.sum || 1))} self, ${format_weight(measure, self)}`}</p>}
      {children}
    </>
  );
}
