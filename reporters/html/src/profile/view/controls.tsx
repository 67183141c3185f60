// What of the profile is looked at, for all views: search, clock, process or thread, kinds of frames, span of time.
import { useMemo } from "preact/hooks";
import { format_count } from "../../text/format";
import { kMeasures, is_time, type Measure } from "../data/pick";
import type { Profile } from "../data/profile";
import { found_weight } from "../data/search";
import { KindFilter } from "./kinds";
import { format_share, format_weight, kMeasureNames, process_name, thread_name, useProfile } from "./page";
import { clock_text } from "./time_axis";
import { Icon } from "../../view/icon";

const kMaxChoices = 1000;

function measures_of({ overview }: Profile): Measure[] {
  const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const { live_bytes, total_bytes } = overview.allocations;
  return kMeasures.filter((measure) => is_time(measure) || sum(measure === "live" ? live_bytes.values : total_bytes.values) > 0);
}

const kShortNames: Record<Measure, string> = { cpu: "CPU", wall: "Wall", live: "Heap at peak", allocated: "Allocated" };

function ClockSwitch() {
  const { profile, picked, go } = useProfile();
  const measures = useMemo(() => measures_of(profile), [profile]);
  return (
    <span class="chips switch" role="group" aria-label="What is measured">
      {measures.map((measure) => (
        <button key={measure} type="button" class="chip small-chip" aria-pressed={picked.pick.measure === measure} title={kMeasureNames[measure]} onClick={() => go({ clock: measure === profile.overview.clock ? undefined : measure }, "replace")}>
          {kShortNames[measure]}
        </button>
      ))}
    </span>
  );
}

// Processes with their threads; only those that were sampled, as the others have nothing to show.
function ThreadChoice() {
  const { profile, route, go } = useProfile();
  const choices = useMemo(() => {
    const { runs, threads } = profile;
    const of_process = new Map<number, number[]>();
    threads.forEach(({ process }, thread) => {
      if ((runs.first[thread + 1] as number) > (runs.first[thread] as number)) of_process.set(process, [...(of_process.get(process) ?? []), thread]);
    });
    return [...of_process];
  }, [profile]);
  const count = choices.reduce((sum, [, threads]) => sum + threads.length, 0);
  if (count < 2) return null;
  const alone = choices.length === 1;
  let room = kMaxChoices;
  return (
    <label>
      <span class="sr-only">Process or thread</span>
      <select value={route.of ?? ""} onChange={(event) => go({ of: event.currentTarget.value || undefined }, "replace")}>
        <option value="">{alone ? `All ${format_count(count)} threads` : `All ${format_count(choices.length)} processes`}</option>
        {choices.map(([process, threads]) => {
          room -= threads.length + 1;
          if (room < 0) return null;
          return (
            <optgroup key={process} label={process_name(profile, process)}>
              {!alone && <option value={`p${process}`}>{`process ${profile.overview.processes[process]?.pid ?? ""}${threads.length > 1 ? `, all ${threads.length} threads` : ""}`}</option>}
              {threads.length > 1 && threads.map((thread) => <option key={thread} value={`t${thread}`}>{thread_name(profile, thread)}</option>)}
            </optgroup>
          );
        })}
        {room < 0 && <option disabled>{"\u2026 and more than are listed here"}</option>}
      </select>
    </label>
  );
}

function Found() {
  const { picked, found, search } = useProfile();
  const weight = useMemo(() => (found ? found_weight(picked.groups, picked.weights, found) : 0), [picked, found]);
  if (search.problem) return <output class="found filter-problem" role="alert">{`not an expression: ${search.problem}`}</output>;
  if (!found) return null;
  return <output class="found" title="Of the stacks, those with a function that is found; each counts once">{`${format_share(picked.sum > 0 ? weight / picked.sum : 0)} found, ${format_weight(picked.pick.measure, weight)}`}</output>;
}

export function Controls() {
  const { route, go, picked, search } = useProfile();
  const { range } = picked.pick;
  return (
    <form class="controls" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        <span class="sr-only">Search functions</span>
        <input
          type="search"
          placeholder="Search functions and files: a regular expression"
          value={route.q ?? ""}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={search.problem !== ""}
          onInput={(event) => go({ q: event.currentTarget.value || undefined }, "replace")}
        />
      </label>
      <Found />
      <ClockSwitch />
      <KindFilter />
      <ThreadChoice />
      {range && (
        <button type="button" class="chip small-chip range-chip" title="Show the whole recording" onClick={() => go({ range: undefined }, "replace")}>
          <span class="figure">{`${clock_text(range.from_ns)} \u2013 ${clock_text(range.to_ns)}`}</span> <Icon name="close" />
        </button>
      )}
    </form>
  );
}
