// The page as a whole: which parts there are, and what the address asks to be shown.
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { parse_route, type Route } from "../data/route";
import { rows_of, type TestRow } from "../data/tests";
import { verdict_of } from "../data/verdict";
import type { CoverageFile, GateVerdict, Report } from "../data/model";
import { plural } from "../text/format";
import { inert_line } from "../text/inert";
import { Coverage } from "./coverage";
import { CoverageDrawer } from "./coverage_drawer";
import { Diagnostics } from "./diagnostics";
import { Environment } from "./environment";
import { Failures, is_broken } from "./failures";
import { Gates } from "./gates";
import { Header, Navigation, type NavigationItem } from "./header";
import { Guard } from "./problem";
import { Section } from "./section";
import { Suites } from "./suites";
import { Summary } from "./summary";
import { TestDrawer } from "./test_drawer";
import { Tests } from "./tests";

function useRoute(): [Route, () => void] {
  const [route, set_route] = useState<Route>(() => parse_route(location.hash));
  useEffect(() => {
    const change = (): void => set_route(parse_route(location.hash));
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  // Closing a drawer must not scroll, so the address is replaced without going anywhere.
  const leave = (): void => {
    history.replaceState(null, "", "#");
    set_route({ kind: "section", name: "" });
  };
  return [route, leave];
}

// A lone suite has nothing to be found among.
function first_open(report: Report): Set<string> {
  return new Set(report.suites.length === 1 ? report.suites.map(({ suite }) => suite.id) : []);
}

function useOpenSuites(report: Report, route: Route) {
  const [open, set_open] = useState<ReadonlySet<string>>(() => first_open(report));
  useEffect(() => {
    if (route.kind === "suite") set_open((now) => new Set(now).add(route.id));
  }, [route]);
  const toggle = (id: string): void =>
    set_open((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return { open, toggle };
}

function scroll_to(route: Route): void {
  if (route.kind === "suite") {
    const row = [...document.querySelectorAll<HTMLElement>("tr[data-suite]")].find((candidate) => candidate.dataset["suite"] === route.id);
    row?.scrollIntoView({ block: "start" });
  } else if (route.kind === "section" && route.name) document.getElementById(route.name)?.scrollIntoView({ block: "start" });
}

// Gates that failed are what one came for, others are not.
function is_failed(gate: GateVerdict): boolean {
  return gate.state === "failed";
}

// The number beside a title: how many are bad, in red, or else how many there are.
function count_of<T>(all: readonly T[], is_bad: (one: T) => boolean): { count: number; bad: boolean } {
  const bad = all.filter(is_bad).length;
  return { count: bad || all.length, bad: bad > 0 };
}

function navigation_of(report: Report, failures: number): NavigationItem[] {
  const gates = report.gates.length > 0 && { id: "gates", title: "Gates", ...count_of(report.gates, is_failed) };
  const items: (NavigationItem | false)[] = [
    failures > 0 && { id: "failures", title: "Failures", count: failures, bad: true },
    report.gates.some(is_failed) && gates,
    { id: "suites", title: "Suites", count: report.suites.length },
    { id: "tests", title: "Tests", count: report.counts.total },
    { id: "coverage", title: "Coverage" },
    !report.gates.some(is_failed) && gates,
    report.diagnostics.length > 0 && { id: "diagnostics", title: "Diagnostics", ...count_of(report.diagnostics, (row) => row.severity === "error") },
    { id: "environment", title: "Environment" },
  ];
  return items.filter((item) => item !== false);
}

function find_file(report: Report, path: string): CoverageFile | undefined {
  const of_suites = report.suites.map((suite) => suite.coverage);
  return [report.coverage, ...of_suites].flatMap((coverage) => coverage.files).find((file) => file.path === path);
}

function Details({ report, rows, route, leave }: { report: Report; rows: readonly TestRow[]; route: Route; leave: () => void }) {
  if (route.kind === "test") {
    const row = rows.find((candidate) => candidate.id === route.id);
    return row ? <TestDrawer key={row.id} row={row} command={report.rerun_commands[row.id]} close={leave} /> : null;
  }
  if (route.kind === "coverage") {
    const file = find_file(report, route.id);
    return file ? <CoverageDrawer key={file.path} file={file} close={leave} /> : null;
  }
  return null;
}

export function App({ report }: { report: Report }) {
  const [route, leave] = useRoute();
  const { open, toggle } = useOpenSuites(report, route);
  const rows = useMemo(() => rows_of(report), [report]);
  const failed = useMemo(() => rows.filter((row) => row.group === "failed"), [rows]);
  const failures = failed.length + report.suites.filter(is_broken).length;
  useLayoutEffect(() => {
    document.title = `${verdict_of(report).word} \u2013 ${inert_line(report.exit_reason)} \u2013 runharness`;
  }, [report]);
  useLayoutEffect(() => scroll_to(route), [route]);
  const gates = report.gates.length > 0 && <Section id="gates" title="Gates"><Gates gates={report.gates} /></Section>;
  return (
    <>
      <Guard name="The head of the report"><Header report={report} /></Guard>
      <Navigation items={navigation_of(report, failures)} current={route.kind === "section" ? route.name : ""} />
      <main>
        <Guard name="The summary"><Summary report={report} /></Guard>
        {failures > 0 && <Section id="failures" title="Failures"><Failures report={report} failed={failed} /></Section>}
        {report.gates.some(is_failed) && gates}
        <Section id="suites" title="Suites"><Suites report={report} open={open} toggle={toggle} /></Section>
        <Section id="tests" title="Tests" note={report.counts.subtests > 0 ? `and ${plural(report.counts.subtests, "subtest")}` : ""}>
          <Tests report={report} rows={rows} />
        </Section>
        <Section id="coverage" title="Coverage"><Coverage report={report} /></Section>
        {!report.gates.some(is_failed) && gates}
        {report.diagnostics.length > 0 && <Section id="diagnostics" title="Diagnostics"><Diagnostics diagnostics={report.diagnostics} /></Section>}
        <Section id="environment" title="Environment"><Environment report={report} /></Section>
      </main>
      <Guard name="The details"><Details report={report} rows={rows} route={route} leave={leave} /></Guard>
    </>
  );
}
