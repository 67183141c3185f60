// The part of the address after #, as state: views, what is open and what is chosen have an address of their own, and going
// back in the browser's history closes what was opened.
import { useEffect, useRef, useState } from "preact/hooks";

const kAddressDelay = 250; // browsers refuse an address that changes with every key

export interface Codec<Route> {
  parse: (hash: string) => Route;
  hash_of: (route: Route) => string;
}

export interface Address<Route> {
  route: Route;
  go: (change: Partial<Route>, how?: "push" | "replace") => void;
  back: (change: Partial<Route>) => void; // closes what was opened from this page, else changes the address
}

export function useAddress<Route extends object>({ parse, hash_of }: Codec<Route>): Address<Route> {
  const [route, set_route] = useState<Route>(() => parse(location.hash));
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
      show(parse(location.hash));
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
  const go: Address<Route>["go"] = (change, how = "push") => {
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
      visit(parse(link.getAttribute("href") ?? ""));
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
