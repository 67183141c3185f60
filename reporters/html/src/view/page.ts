// What every part of the page shares: the report, its address, sections that are read on demand, printing.
import { createContext, options } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { hash_of, parse_route, type Route } from "../data/route";
import type { SectionName, Sections, SectionTypes } from "../data/sections";
import type { TestRow, TestTable } from "../data/tests";
import type { Report } from "../data/model";

export type Go = (change: Partial<Route>, how?: "push" | "replace") => void;

export interface Page {
  report: Report;
  table: TestTable;
  sections: Sections;
  route: Route;
  go: Go;
  back: (change: Partial<Route>) => void; // closes what was opened from this page, else changes the address
  shown: { rows: readonly TestRow[] };    // what the table of tests shows, for next and previous
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error("there is no page around this part");
  return page;
}

const kAddressDelay = 250; // browsers refuse an address that changes with every key

export function useRoute(): Pick<Page, "route" | "go" | "back"> {
  const [route, set_route] = useState<Route>(() => parse_route(location.hash));
  const latest = useRef(route);
  const timer = useRef(0);
  const steps = useRef(0); // entries of the history that this page made
  const show = (next: Route): void => {
    latest.current = next;
    set_route(next);
  };
  useEffect(() => {
    const change = (): void => {
      clearTimeout(timer.current);
      show(parse_route(location.hash));
    };
    addEventListener("hashchange", change);
    addEventListener("popstate", change);
    return () => {
      removeEventListener("hashchange", change);
      removeEventListener("popstate", change);
    };
  }, []);
  const write = (): void => {
    try {
      history.replaceState(history.state, "", hash_of(latest.current));
    } catch {
      // The address is a convenience: a page that may not change it works all the same.
    }
  };
  const visit = (next: Route): void => {
    clearTimeout(timer.current);
    write();
    try {
      history.pushState(null, "", hash_of(next));
      steps.current++;
    } catch {
      // As above.
    }
    show(next);
  };
  const go: Go = (change, how = "push") => {
    const next: Route = { ...latest.current, ...change };
    if (how === "push") {
      visit(next);
      return;
    }
    show(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(write, kAddressDelay) as unknown as number;
  };
  // Links within the page go the same way, so that closing what a link opened is a step back.
  useEffect(() => {
    const follow = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="#"]') : null;
      if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      visit(parse_route(link.getAttribute("href") ?? ""));
    };
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
  const back = (change: Partial<Route>): void => {
    if (steps.current > 0) {
      steps.current--;
      history.back();
    } else go(change, "replace");
  };
  return { route, go, back };
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

// While the page is printed every view is drawn, in the colours of paper. The browser takes its picture right after the
// event, so the page has to be drawn within it.
export function usePrinting(): boolean {
  const [printing, set_printing] = useState(false);
  useEffect(() => {
    let theme = "";
    const begin = (): void => {
      theme = document.documentElement.dataset["theme"] ?? "light";
      document.documentElement.dataset["theme"] = "light";
      const usual = options.debounceRendering;
      options.debounceRendering = (draw) => draw();
      set_printing(true);
      if (usual) options.debounceRendering = usual;
      else delete options.debounceRendering;
    };
    const end = (): void => {
      document.documentElement.dataset["theme"] = theme;
      set_printing(false);
    };
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return printing;
}

export const PrintingContext = createContext(false);

// Counts up when the colours of the page change, for what is drawn on a canvas.
export function useColors(): number {
  const [version, set_version] = useState(0);
  useEffect(() => {
    const observer = new MutationObserver(() => set_version((now) => now + 1));
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return version;
}

export function is_typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
