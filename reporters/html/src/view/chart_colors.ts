// The colours of the page for what is drawn on a canvas.

export interface Colors {
  cpu: string;
  memory: string;
  grid: string;
  text: string;
  strong: string;
  limit: string;
  mark: string;
  surface: string;
  sunken: string;
  accent: string;
  bars: { failed: string; quarantined: string; flaky: string; passed: string; skipped: string; expected: string };
  faded: string;
}

export function colors_of(element: Element): Colors {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    cpu: color("--chart-cpu"), memory: color("--chart-memory"), grid: color("--line"), text: color("--muted"), strong: color("--text"),
    limit: color("--bad"), mark: color("--faint"), surface: color("--surface"), sunken: color("--sunken"), accent: color("--accent"),
    bars: {
      failed: color("--bar-bad"), quarantined: color("--bar-warn"), flaky: color("--bar-warn"), passed: color("--bar-good"),
      skipped: color("--bar-quiet"), expected: color("--bar-info"),
    },
    faded: color("--bar-faded"),
  };
}

export const kFont = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
