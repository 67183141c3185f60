// A measured figure in a table or a sentence: its value with a sign for what limits its truth, and
// the whole story in the tooltip. A figure without a value is a dash, never a zero.
import type { Figure, Scope } from "../data/model";
import { format_bytes, format_count, format_duration, kDash } from "../text/format";
import { inert_line } from "../text/inert";

const kSigns: Record<Scope, string> = {
  unknown: "",
  exact_process: "",
  exact_window: "",
  shared_window: "\u2264",
  sampled: "~",
  lower_bound: "\u2265",
};

const kMeanings: Record<Scope, string> = {
  unknown: "not known",
  exact_process: "exact: own process or cgroup",
  exact_window: "exact: alone in its process meanwhile",
  shared_window: "upper bound: other tests ran in the same process",
  sampled: "largest of periodic samples: may miss short peaks",
  lower_bound: "lower bound: parts of the process tree could not be counted",
};

type Kind = "bytes" | "duration" | "count";
const kFormats: Record<Kind, (value: number) => string> = { bytes: format_bytes, duration: format_duration, count: format_count };

export function story_of(figure: Figure): string {
  if (figure.value === null) return figure.reason || "not measured";
  return [kMeanings[figure.scope] ?? figure.scope, figure.source && `source: ${figure.source}`, figure.reason].filter(Boolean).join("\n");
}

export function FigureText({ figure, kind }: { figure: Figure; kind: Kind }) {
  const story = inert_line(story_of(figure).replaceAll("\n", " \u00b7 "));
  if (figure.value === null)
    return (
      <span class="figure unknown" title={story}>
        {kDash}
        <span class="sr-only"> not known: {story}</span>
      </span>
    );
  return (
    <span class="figure" title={story}>
      {kSigns[figure.scope] && <span class="sign" aria-hidden="true">{kSigns[figure.scope]}</span>}
      {kFormats[kind](figure.value)}
      {kSigns[figure.scope] && <span class="sr-only"> ({kMeanings[figure.scope]})</span>}
    </span>
  );
}

// What the signs mean; those of memory only where there is a figure of it.
export function FigureLegend({ memory = true }: { memory?: boolean }) {
  return (
    <>
      {memory && <span><b>{kSigns.shared_window}</b> upper bound, process shared with other tests</span>}
      {memory && <span><b>{kSigns.sampled}</b> from samples</span>}
      <span><b>{kSigns.lower_bound}</b> lower bound</span>
      <span><b>{kDash}</b> not known, the tooltip says why</span>
    </>
  );
}

// Duration that is a plain number or not known.
export function Duration({ ns, reason }: { ns: number | null; reason?: string | undefined }) {
  if (ns === null) return <span class="figure unknown" title={reason || "the runner reported no duration"}>{kDash}</span>;
  return <span class="figure">{format_duration(ns)}</span>;
}
