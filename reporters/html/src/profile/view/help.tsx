// Keys of the page and how the search reads.
import { Drawer } from "../../view/drawer";

const kKeyTexts: [string[], string][] = [
  [["/"], "to the search"],
  [["1", "\u2026", "6"], "the views"],
  [["\u2191", "\u2193", "\u2190", "\u2192"], "in a chart: from box to box"],
  [["Enter"], "in a chart: opens the box; in a table: the function"],
  [["Esc"], "in a chart: one level back; in a timeline: the whole recording"],
  [["0"], "in a chart: all of it"],
  [["s", "o"], "in a chart: callers and callees of the box, its source"],
  [["+", "\u2212"], "order of time and timelines: closer, farther"],
  [["\u2190", "\u2192"], "in a timeline: moves the span; with Shift its end"],
  [["j", "k"], "next and previous row of a table"],
  [["?"], "this help"],
];

export function Help({ close }: { close: () => void }) {
  return (
    <Drawer close={close} class="sheet" title="Keys and search">
      <h3>Keys</h3>
      <dl class="pairs keys">
        {kKeyTexts.map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.map((key) => (key === "\u2026" ? " \u2026 " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>Search</h3>
      <p>
        A regular expression over names and places of functions, such as <code>json|pickle</code> or <code>^Worker\.</code> or <code>utils\.py</code>. Capital letters
        mean themselves; without any, case does not matter. The share beside it is of the stacks that a found function is on; each counts once.
      </p>
      <h3>What is shown</h3>
      <p>
        A span dragged in a timeline, a process or thread, the clock and the kinds of frames hold for all views, and are in the address of the page. Frames of a hidden
        kind count for their callers. Hidden idle samples are left out: threads that wait, whatever their stack.
      </p>
    </Drawer>
  );
}
