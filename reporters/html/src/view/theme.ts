// Light or dark: as the system says, until the person chooses. The choice is kept where the browser allows it (pages
// from files often may not).

export type Theme = "auto" | "light" | "dark";
const kKey = "runharness-report-theme";
const kNext: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

export function stored_theme(): Theme {
  try {
    const theme = localStorage.getItem(kKey);
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto";
  }
}

const system = matchMedia("(prefers-color-scheme: dark)");
let chosen: Theme = stored_theme();

function apply(): void {
  const dark = chosen === "dark" || (chosen === "auto" && system.matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

export function start_theme(): void {
  apply();
  system.addEventListener("change", apply);
}

export function chosen_theme(): Theme {
  return chosen;
}

export function next_theme(): Theme {
  chosen = kNext[chosen];
  try {
    if (chosen === "auto") localStorage.removeItem(kKey);
    else localStorage.setItem(kKey, chosen);
  } catch {
    // It holds for this page then.
  }
  apply();
  return chosen;
}
