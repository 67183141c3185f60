// Head of the page: the verdict, the views, help and colours.
import { useLayoutEffect, useRef } from "preact/hooks";
import { total_of_basis } from "../data/coverage";
import { hash_of, kViews, type View } from "../data/route";
import { run_isolation } from "../data/summary";
import { verdict_of } from "../data/verdict";
import type { Report } from "../data/model";
import { format_count, format_percent } from "../text/format";
import { Icon } from "./icon";
import { usePage } from "./page";
import { ThemeButton } from "./theme_button";

export const kViewTitles: Record<View, string> = {
  summary: "Summary", tests: "Tests", timeline: "Timeline", coverage: "Coverage", isolation: "Isolation", environment: "Environment",
};

interface Note {
  text: string;
  bad: boolean;
}

// What stands beside the name of a view.
function note_of(view: View, report: Report): Note | null {
  const { counts } = report;
  if (view === "tests") {
    const failed = counts.failed + counts.errored - counts.quarantined;
    return failed > 0 ? { text: `${format_count(failed)} failed`, bad: true } : { text: format_count(counts.total), bad: false };
  }
  if (view === "coverage") {
    const total = total_of_basis(report.coverage);
    return total ? { text: format_percent(total.hit, total.found), bad: false } : null;
  }
  if (view === "isolation") {
    const isolation = run_isolation(report);
    return isolation && isolation.reached !== isolation.requested ? { text: isolation.reached, bad: true } : null;
  }
  return null;
}

export function Top({ open_help }: { open_help: () => void }) {
  const { report, route } = usePage();
  const verdict = verdict_of(report);
  const tabs = useRef<HTMLElement>(null);
  // On a narrow screen the row of views scrolls; the chosen one stays in it.
  useLayoutEffect(() => {
    const chosen = tabs.current?.querySelector<HTMLElement>("[aria-current]");
    if (tabs.current && chosen) tabs.current.scrollLeft = chosen.offsetLeft - (tabs.current.clientWidth - chosen.offsetWidth) / 2;
  }, [route.view]);
  return (
    <header class="top">
      <div class="top-row">
        <p class={`top-verdict ${verdict.tone}`}>
          <Icon name={verdict.tone === "good" ? "check" : verdict.tone === "bad" ? "cross" : "warning"} /> {verdict.word}
        </p>
        <nav ref={tabs} class="tabs" aria-label="Views">
          {kViews.map((view, i) => {
            const note = note_of(view, report);
            return (
              <a key={view} href={hash_of({ view, ...(view === "tests" || view === "timeline" ? { q: route.q } : {}) })} aria-current={route.view === view ? "page" : undefined} title={`${kViewTitles[view]} (key ${i + 1})`}>
                {kViewTitles[view]}
                {note && <span class={note.bad ? "count bad" : "count"}>{note.text}</span>}
              </a>
            );
          })}
        </nav>
        <div class="tools">
          <ThemeButton />
          <button type="button" class="tool" title="Keys and filters (?)" aria-label="Help: keys and filters" onClick={open_help}>
            <Icon name="help" />
          </button>
        </div>
      </div>
    </header>
  );
}
