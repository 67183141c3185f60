// Small drawings that say by shape what colour says beside them.

const kPaths = {
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5v3M8 11.6v.4",
  skip: "M4 8h8",
  flaky: "M2 10c2-6 4-6 6-2s4 4 6-2",
  shield: "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z",
  clock: "M8 2a6 6 0 1 0 .01 0M8 5v3.2l2 1.3",
  sun: "M8 5.2a2.8 2.8 0 1 0 .01 0M8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1",
  moon: "M13 9.5A5.6 5.6 0 0 1 6.5 3 5.6 5.6 0 1 0 13 9.5",
  auto: "M8 2a6 6 0 1 0 .01 0M8 2v12M9 3h2M9 6h4.4M9 9h4.8M9 12h2.5",
  help: "M8 1.8a6.2 6.2 0 1 0 .01 0M6.2 6.2c0-2.4 3.7-2.3 3.7 0 0 1.5-1.9 1.6-1.9 3M8 11.6v.3",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M10 3 5 8l5 5",
  right: "M6 3l5 5-5 5",
  down: "M3 6l5 5 5-5",
  folder: "M1.8 4h4.4l1.4 1.6h6.6v7H1.8z",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={kPaths[name]} />
    </svg>
  );
}
