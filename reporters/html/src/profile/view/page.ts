// What every view of a profile's page shares: the profile, what of it is looked at, the search, the address.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { decode_json } from "../../data/embedded";
import { format_bytes, format_duration } from "../../text/format";
import { inert_line } from "../../text/inert";
import type { Address } from "../../view/address";
import type { Overview, Sources } from "../data/model";
import { is_time, type Measure } from "../data/pick";
import type { Picked } from "../data/picked";
import type { Profile } from "../data/profile";
import { hash_of, kept_parameters, type Route } from "../data/route";
import type { Search } from "../data/search";

export interface ProfilePage extends Address<Route> {
  profile: Profile;
  picked: Picked;
  search: Search;
  found: Uint8Array | null; // 1 for each frame that the search finds; null: nothing is searched
  sources: SourceReader;
}

export const ProfileContext = createContext<ProfilePage | null>(null);

export function useProfile(): ProfilePage {
  const page = useContext(ProfileContext);
  if (!page) throw new Error("there is no page around this part");
  return page;
}

// The texts of hot files, read when a view first shows one.
export class SourceReader {
  private known: Promise<Sources> | undefined;
  ready: Sources | undefined;

  constructor(private readonly text: string | null) {}

  load(): Promise<Sources> {
    const none: Sources = { files: {}, reasons: {}, left_out: 0 };
    this.known ??= (this.text === null ? Promise.resolve(none) : decode_json(this.text).then((data) => data as Sources)).then((sources) => (this.ready = sources));
    return this.known;
  }
}

export function useSources(): { sources: Sources | undefined; problem: string } {
  const { sources: reader } = useProfile();
  const [state, set_state] = useState({ sources: reader.ready, problem: "" });
  useEffect(() => {
    let wanted = true;
    reader.load().then(
      (sources) => wanted && set_state({ sources, problem: "" }),
      (error: unknown) => wanted && set_state({ sources: undefined, problem: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [reader]);
  return state;
}

export const kMeasureNames: Record<Measure, string> = { cpu: "CPU time", wall: "wall time", live: "bytes at the heap's peak", allocated: "bytes allocated" };

export function format_weight(measure: Measure, weight: number): string {
  return is_time(measure) ? format_duration(Math.round(weight)) : format_bytes(Math.round(weight));
}

// One decimal, but 100 only when nothing is missing and 0 only when nothing is there.
export function format_share(share: number): string {
  if (share <= 0) return "0.0 %";
  if (share < 0.0005) return "<0.1 %";
  return `${(share >= 1 ? 100 : Math.min(99.9, share * 100)).toFixed(1)} %`;
}

export function frame_label(profile: Profile, frame: number): string {
  return frame < 0 ? "all" : inert_line(profile.frames.names[frame] as string) || "(no name)";
}

// "file.py:12", or the object file of native code.
export function frame_place(profile: Profile, frame: number): string {
  if (frame < 0) return "";
  const { frames } = profile;
  const file = frames.files[frames.file[frame] as number] as string;
  const line = frames.line[frame] as number;
  if (file !== "") return inert_line(line > 0 ? `${file}:${line}` : file);
  return inert_line(frames.modules[frames.module[frame] as number] as string);
}

// The file a frame's source is looked up by: as the program knows it.
export function source_path(overview: Overview, file: string): string[] {
  return file.startsWith("/") || overview.cwd === "" ? [file] : [`${overview.cwd}/${file}`, file];
}

export function link(route: Route, change: Partial<Route>): string {
  return hash_of({ view: route.view, ...kept_parameters(route), ...change });
}

// A command on one line: scripts given by -c have many.
export function command_text(command: string): string {
  return inert_line(command.replace(/\s+/g, " "));
}

export function process_name(profile: Profile, process: number): string {
  const { pid, command } = profile.overview.processes[process] ?? { pid: 0, command: "" };
  const text = command_text(command);
  return `${pid} ${text.length > 60 ? `${text.slice(0, 60)}\u2026` : text}`.trim();
}

export function thread_name(profile: Profile, thread: number): string {
  const { tid, name } = profile.threads[thread] ?? { tid: 0, name: "" };
  return name === "" ? `thread ${tid}` : `${inert_line(name)} (${tid})`;
}
