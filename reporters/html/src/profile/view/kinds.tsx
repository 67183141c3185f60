// The kinds of frames that a profile has: buttons that hide them, in the colours of their boxes.
import { kKinds, kOnCpu, kUnknownCpu, type Kind } from "../data/model";
import { hidden_kinds } from "../data/pick";
import type { Profile } from "../data/profile";
import { hide_text } from "../data/route";
import { useProfile } from "./page";

const kNames: Record<Kind, string> = { python: "Python", native: "native", javascript: "JavaScript", shell: "shell", java: "Java", kernel: "kernel", gc: "GC", idle: "idle", runtime: "runtime" };
const kHideTitles: Partial<Record<Kind, string>> = {
  idle: "Samples of threads that wait or do nothing",
  gc: "Garbage collection; hidden, it counts for who caused it",
};

const cache = new WeakMap<Profile, Kind[]>();

// Idle is also what a thread is that was off the CPU, whatever its frames are.
export function kinds_of(profile: Profile): Kind[] {
  const known = cache.get(profile);
  if (known) return known;
  const { frames, nodes, runs } = profile;
  const seen = new Set<Kind>();
  for (let i = 0; i < nodes.count - 1; i++) seen.add(kKinds[frames.kind[nodes.frame[i] as number] as number] as Kind);
  for (let i = 0; i < runs.count && !seen.has("idle"); i++) if (!((runs.state[i] as number) & (kOnCpu | kUnknownCpu))) seen.add("idle");
  const kinds = kKinds.filter((kind) => seen.has(kind));
  cache.set(profile, kinds);
  return kinds;
}

export function KindFilter() {
  const { profile, picked, go } = useProfile();
  const kinds = kinds_of(profile);
  const hidden = hidden_kinds(picked.pick.hidden);
  if (kinds.length < 2) return null;
  return (
    <span class="chips" role="group" aria-label="Kinds of frames that are shown">
      {kinds.map((kind) => {
        const shown = !hidden.includes(kind);
        return (
          <button
            key={kind}
            type="button"
            class="chip small-chip kind-chip"
            aria-pressed={shown}
            title={`${kHideTitles[kind] ?? `Frames of ${kNames[kind]}; hidden, they count for their callers`}: ${shown ? "shown" : "hidden"}`}
            onClick={() => go({ hide: hide_text(picked.pick.hidden ^ (1 << kKinds.indexOf(kind))) }, "replace")}
          >
            <i class={`swatch kind-swatch-${kind}`} aria-hidden="true" />{kNames[kind]}
          </button>
        );
      })}
    </span>
  );
}
