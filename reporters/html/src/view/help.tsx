// Keys of the page and the language of the filter.
import { kKeys } from "../data/query";
import { Drawer } from "./drawer";

const kKeyTexts: [string[], string][] = [
  [["/"], "to the filter"],
  [["j", "k"], "next and previous row; in an open test the next and previous test"],
  [["\u2191", "\u2193", "PgUp", "PgDn", "Home", "End"], "through the rows of a table"],
  [["Enter"], "opens the row"],
  [["Esc"], "closes what is open"],
  [["1", "\u2026", "6"], "the views"],
  [["n", "p"], "next and previous missed line of an open file"],
  [["+", "\u2212", "0"], "timeline: closer, farther, the whole run"],
  [["\u2190", "\u2192"], "timeline: earlier, later"],
  [["?"], "this help"],
];

export function Help({ close }: { close: () => void }) {
  return (
    <Drawer close={close} class="sheet" title="Keys and filters">
      <h3>Keys</h3>
      <dl class="pairs keys">
        {kKeyTexts.map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.map((key) => (key === "\u2026" ? " \u2026 " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>Filter of the tests</h3>
      <p>Words must all be in the test's id, class or message, in any order. Terms narrow further:</p>
      <table class="plain help-table">
        <thead><tr><th scope="col">Term</th><th scope="col">Keeps tests by</th></tr></thead>
        <tbody>
          {kKeys.map(({ names, example, meaning }) => (
            <tr key={names[0]}>
              <td><code>{example}</code></td>
              <td>{meaning}{names.length > 1 && <span class="muted">{`; also ${names.slice(1).map((name) => `${name}:`).join(", ")}`}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        Several values behind a key, as in <code>status:failed,flaky</code>, mean any of them. <code>-</code> before a word or term means
        the opposite: <code>-suite:web</code>. <code>"several words"</code> are looked for as they stand, <code>/a|b/</code> is a regular
        expression, and <code>*</code> in a value stands for anything. What is not known fails every comparison; <code>mem:unknown</code> finds it.
      </p>
    </Drawer>
  );
}
