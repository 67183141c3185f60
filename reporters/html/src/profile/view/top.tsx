// Head of the page: what was profiled, the views, help and colours.
import { useLayoutEffect, useRef } from "preact/hooks";
import { inert_line } from "../../text/inert";
import { Icon } from "../../view/icon";
import { ThemeButton } from "../../view/theme_button";
import { kViews, type View } from "../data/route";
import { link, useProfile } from "./page";

export const kViewTitles: Record<View, string> = { overview: "Overview", timeline: "Timeline", flame: "Flame graph", sandwich: "Sandwich", source: "Source", functions: "Functions" };

// The program's own name: the script rather than the interpreter that runs it.
export function program_of(command: readonly string[]): string {
  const words = command.filter((word, i) => i === 0 || !word.startsWith("-"));
  const file = /^(.*\/)?(python|node|bash|sh|java|ruby|perl)[\d.]*$/.test(words[0] ?? "") && words.length > 1 ? (words[1] as string) : (words[0] ?? "");
  return inert_line(file.slice(file.lastIndexOf("/") + 1)) || "profile";
}

export function Top({ open_help }: { open_help: () => void }) {
  const { profile, route } = useProfile();
  const tabs = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const chosen = tabs.current?.querySelector<HTMLElement>("[aria-current]");
    if (tabs.current && chosen) tabs.current.scrollLeft = chosen.offsetLeft - (tabs.current.clientWidth - chosen.offsetWidth) / 2;
  }, [route.view]);
  return (
    <header class="top">
      <div class="top-row">
        <p class="top-verdict top-program"><bdi>{program_of(profile.overview.command)}</bdi></p>
        <nav ref={tabs} class="tabs" aria-label="Views">
          {kViews.map((view, i) => (
            <a key={view} href={link(route, { view })} aria-current={route.view === view ? "page" : undefined} title={`${kViewTitles[view]} (key ${i + 1})`}>{kViewTitles[view]}</a>
          ))}
        </nav>
        <div class="tools">
          <ThemeButton />
          <button type="button" class="tool" title="Keys and search (?)" aria-label="Help: keys and search" onClick={open_help}><Icon name="help" /></button>
        </div>
      </div>
    </header>
  );
}
