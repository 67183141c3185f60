// A part that opens on demand. What is inside is made when it is first opened: captured output can
// be large, and there can be a hundred of them on the page.
import type { ComponentChildren } from "preact";
import { useContext, useState } from "preact/hooks";
import { PrintingContext } from "./screen";

interface Props {
  title: ComponentChildren;
  open?: boolean;
  printed?: boolean; // open on paper, whatever it is on the screen
  class?: string;
  children: () => ComponentChildren;
}

export function Fold({ title, open: first = false, printed = false, class: name, children }: Props) {
  const open = first || (useContext(PrintingContext) && printed);
  const [was_opened, set_opened] = useState(false);
  const opened = was_opened || open;
  return (
    <details class={name} open={open} onToggle={(event) => event.currentTarget.open && set_opened(true)}>
      <summary>{title}</summary>
      {opened && children()}
    </details>
  );
}
