// What every part of the page shares: the report, its address, sections that are read on demand.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Route } from "../data/route";
import type { SectionName, Sections, SectionTypes } from "../data/sections";
import type { TestRow, TestTable } from "../data/tests";
import type { Report } from "../data/model";
import type { Address } from "./address";

export interface Page extends Address<Route> {
  report: Report;
  table: TestTable;
  sections: Sections;
  shown: { rows: readonly TestRow[] };    // what the table of tests shows, for next and previous
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error("there is no page around this part");
  return page;
}

export type Loaded<Data> = { state: "reading" } | { state: "failed"; problem: string } | { state: "ready"; data: Data };

export function useSection<Name extends SectionName>(name: Name): Loaded<SectionTypes[Name]> {
  const { sections } = usePage();
  const [loaded, set_loaded] = useState<Loaded<SectionTypes[Name]>>(() => {
    const data = sections.peek(name);
    return data === undefined ? { state: "reading" } : { state: "ready", data };
  });
  useEffect(() => {
    if (loaded.state === "ready") return;
    let wanted = true;
    sections.load(name).then(
      (data) => wanted && set_loaded({ state: "ready", data }),
      (error: unknown) => wanted && set_loaded({ state: "failed", problem: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [name]);
  return loaded;
}
