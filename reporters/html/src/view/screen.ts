// What views know of the screen: whether they are printed, when colours change, whether a key was meant for a field.
import { createContext, options } from "preact";
import { useEffect, useState } from "preact/hooks";

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
