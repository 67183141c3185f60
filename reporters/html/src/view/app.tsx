// The page as a whole: its head with the verdict and the views, the view that the address names, and what is open
// above it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { verdict_of } from "../data/verdict";
import type { Sections } from "../data/sections";
import type { TestRow, TestTable } from "../data/tests";
import type { Report } from "../data/model";
import { hash_of, parse_route, type Route, type View } from "../data/route";
import { inert_line } from "../text/inert";
import { useAddress, type Codec } from "./address";
import { Coverage } from "./coverage";
import { Environment } from "./environment";
import { Help } from "./help";
import { Isolation } from "./isolation";
import { PageContext, type Page } from "./page";
import { Guard } from "./problem";
import { is_typing, PrintingContext, usePrinting } from "./screen";
import { Summary } from "./summary";
import { TestPage } from "./test_page";
import { Tests } from "./tests";
import { Timeline } from "./timeline";
import { kViewTitles, Top } from "./top";

const kCodec: Codec<Route> = { parse: parse_route, hash_of };

function ViewOf({ view }: { view: View }) {
  switch (view) {
    case "tests":
      return <Tests />;
    case "timeline":
      return <Timeline />;
    case "coverage":
      return <Coverage />;
    case "isolation":
      return <Isolation />;
    case "environment":
      return <Environment />;
    default:
      return <Summary />;
  }
}

function OpenTest({ page }: { page: Page }) {
  const id = page.route.test;
  const row = useMemo(() => (id === undefined ? undefined : page.table.find(id)), [id]);
  if (id === undefined) return null;
  return <TestPage row={row} id={id} />;
}

const kPrinted: readonly View[] = ["summary", "timeline", "tests", "coverage", "isolation", "environment"];

function Printed() {
  return (
    <>
      {kPrinted.map((view) => (
        <section key={view} class={`view view-${view}`}>
          {view !== "summary" && <h2 class="printed-title">{kViewTitles[view]}</h2>}
          <Guard name={kViewTitles[view]}><ViewOf view={view} /></Guard>
        </section>
      ))}
    </>
  );
}

const kPrintedSections = ["rh-evidence", "rh-coverage"] as const;
const kPreloadAfter = 1500;

const kViewKeys: Record<string, View> = { 1: "summary", 2: "tests", 3: "timeline", 4: "coverage", 5: "isolation", 6: "environment" };

// Keys of the whole page; those of a table are its own.
function useKeys(page: Page, set_help: (open: boolean) => void): void {
  const latest = useRef(page);
  latest.current = page;
  useEffect(() => {
    const on_key = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (is_typing(event.target)) {
        if (event.key === "Escape" && (event.target as HTMLInputElement).value === "") (event.target as HTMLElement).blur();
        return;
      }
      const { go, route } = latest.current;
      const view = kViewKeys[event.key];
      if (event.key === "?") set_help(true);
      else if (document.querySelector("dialog[open]")) return;
      else if (view) go({ view, test: undefined, file: undefined, line: undefined });
      else if (event.key === "/") {
        const input = document.querySelector<HTMLInputElement>("main input[type=search]");
        if (input) {
          input.focus();
          input.select();
        } else {
          go({ view: "tests" });
          requestAnimationFrame(() => document.querySelector<HTMLInputElement>("main input[type=search]")?.focus());
        }
        event.preventDefault();
      } else if (event.key === "Escape" && route.file !== undefined) latest.current.back({ file: undefined, line: undefined });
    };
    addEventListener("keydown", on_key);
    return () => removeEventListener("keydown", on_key);
  }, []);
}

export function App({ report, table, sections }: { report: Report; table: TestTable; sections: Sections }) {
  const { route, go, back } = useAddress(kCodec);
  const [help, set_help] = useState(false);
  const printing = usePrinting();
  const shown = useRef<{ rows: readonly TestRow[] }>({ rows: [] });
  const page: Page = { report, table, sections, route, go, back, shown: shown.current };
  useKeys(page, set_help);
  // Ctrl+P cannot wait for what the summary and the patch show.
  useEffect(() => {
    const timer = setTimeout(() => kPrintedSections.forEach((name) => void sections.load(name).catch(() => undefined)), kPreloadAfter);
    return () => clearTimeout(timer);
  }, [sections]);
  useLayoutEffect(() => {
    const part = route.file ?? (route.view === "summary" ? "" : kViewTitles[route.view]);
    document.title = [part && inert_line(part), verdict_of(report).word, inert_line(report.exit_reason), "runharness"].filter(Boolean).join(" \u2013 ");
  }, [route.view, route.file]);
  useLayoutEffect(() => scrollTo(0, 0), [route.view, route.file === undefined]);
  return (
    <PageContext.Provider value={page}>
      <PrintingContext.Provider value={printing}>
        <Guard name="The head of the report"><Top open_help={() => set_help(true)} /></Guard>
        <main>
          {printing ? <Printed /> : (
            <div class={`view view-${route.view}`} key={route.view}>
              <Guard name={kViewTitles[route.view]}><ViewOf view={route.view} /></Guard>
            </div>
          )}
        </main>
        {!printing && <Guard name="The test"><OpenTest page={page} /></Guard>}
        {help && <Help close={() => set_help(false)} />}
      </PrintingContext.Provider>
    </PageContext.Provider>
  );
}
