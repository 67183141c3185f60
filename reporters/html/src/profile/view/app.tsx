// The page of a profile as a whole: its head, what is looked at, and the view that the address names.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAddress, type Codec } from "../../view/address";
import { Guard } from "../../view/problem";
import { is_typing, PrintingContext, usePrinting } from "../../view/screen";
import { Picked } from "../data/picked";
import type { Profile } from "../data/profile";
import { hash_of, kViews, parse_route, pick_of, type Route, type View } from "../data/route";
import { found_frames, parse_search, type Search } from "../data/search";
import { Controls } from "./controls";
import { Flame } from "./flame";
import { Functions } from "./functions";
import { Help } from "./help";
import { Overview } from "./overview";
import { ProfileContext, type ProfilePage, type SourceReader } from "./page";
import { Sandwich } from "./sandwich";
import { Source } from "./source";
import { Strip } from "./strip";
import { Timeline } from "./timeline";
import { kViewTitles, program_of, Top } from "./top";

const kCodec: Codec<Route> = { parse: parse_route, hash_of };
const kPrinted: readonly View[] = ["overview", "timeline", "flame", "functions"];

function ViewOf({ view }: { view: View }) {
  switch (view) {
    case "timeline":
      return <Timeline />;
    case "flame":
      return <Flame />;
    case "sandwich":
      return <Sandwich />;
    case "source":
      return <Source />;
    case "functions":
      return <Functions />;
    default:
      return <Overview />;
  }
}

function Printed() {
  return (
    <>
      {kPrinted.map((view) => (
        <section key={view} class={`view view-${view}`}>
          {view !== "overview" && <h2 class="printed-title">{kViewTitles[view]}</h2>}
          <Guard name={kViewTitles[view]}><ViewOf view={view} /></Guard>
        </section>
      ))}
    </>
  );
}

// Keys of the whole page; those of a chart or a table are its own.
function useKeys(page: ProfilePage, set_help: (open: boolean) => void): void {
  const latest = useRef(page);
  latest.current = page;
  useEffect(() => {
    const on_key = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const input = document.querySelector<HTMLInputElement>(".controls input[type=search]");
      if (is_typing(event.target)) {
        if (event.key === "Escape" && input?.value === "") input.blur();
        return;
      }
      if (event.key === "?") set_help(true);
      else if (document.querySelector("dialog[open]")) return;
      else if (event.key === "/" && input) {
        input.focus();
        input.select();
        event.preventDefault();
      } else {
        const view = /^[1-6]$/.test(event.key) ? kViews[Number(event.key) - 1] : undefined;
        if (view) latest.current.go({ view, fn: undefined, file: undefined, line: undefined, sort: undefined });
      }
    };
    addEventListener("keydown", on_key);
    return () => removeEventListener("keydown", on_key);
  }, []);
}

// An expression that cannot be read leaves what the last one had found.
function useSearch(profile: Profile, text: string): { search: Search; found: Uint8Array | null } {
  const last = useRef<Uint8Array | null>(null);
  return useMemo(() => {
    const search = parse_search(text);
    if (!search.problem) last.current = found_frames(profile.frames, search);
    return { search, found: last.current };
  }, [profile, text]);
}

export function App({ profile, sources }: { profile: Profile; sources: SourceReader }) {
  const address = useAddress(kCodec);
  const { route } = address;
  const [help, set_help] = useState(false);
  const printing = usePrinting();
  const picked = useMemo(() => new Picked(profile, pick_of(route, profile)), [profile, route.clock, route.range, route.of, route.hide]);
  const { search, found } = useSearch(profile, route.q ?? "");
  const page: ProfilePage = { ...address, profile, picked, search, found, sources };
  useKeys(page, set_help);
  useLayoutEffect(() => {
    document.title = [kViewTitles[route.view], program_of(profile.overview.command), "runharness profile"].join(" \u2013 ");
  }, [route.view]);
  useLayoutEffect(() => scrollTo(0, 0), [route.view]);
  return (
    <ProfileContext.Provider value={page}>
      <PrintingContext.Provider value={printing}>
        <Guard name="The head of the page"><Top open_help={() => set_help(true)} /></Guard>
        <main>
          {printing ? <Printed /> : (
            <div class={`view view-${route.view}`} key={route.view}>
              <Guard name="What is looked at"><Controls /></Guard>
              {route.view !== "timeline" && <Guard name="The strip of time"><Strip /></Guard>}
              <Guard name={kViewTitles[route.view]}><ViewOf view={route.view} /></Guard>
            </div>
          )}
        </main>
        {help && <Help close={() => set_help(false)} />}
      </PrintingContext.Provider>
    </ProfileContext.Provider>
  );
}
