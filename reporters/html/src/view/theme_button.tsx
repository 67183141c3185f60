// The button that changes between the colours of the system, light and dark.
import { useState } from "preact/hooks";
import { Icon } from "./icon";
import { chosen_theme, next_theme, type Theme } from "./theme";

const kThemeNames: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };

export function ThemeButton() {
  const [theme, set_theme] = useState(chosen_theme());
  const name = `Colours: ${kThemeNames[theme]}`;
  return (
    <button type="button" class="tool" title={name} aria-label={`${name}. Change`} onClick={() => set_theme(next_theme())}>
      <Icon name={theme === "auto" ? "auto" : theme === "light" ? "sun" : "moon"} />
    </button>
  );
}
