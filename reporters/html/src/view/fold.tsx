// A part that opens on demand. What is inside is made when it is first opened: captured output can
// be large, and there can be a hundred of them on the page.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface Props {
  title: ComponentChildren;
  open?: boolean;
  class?: string;
  children: () => ComponentChildren;
}

export function Fold({ title, open = false, class: name, children }: Props) {
  const [opened, set_opened] = useState(open);
  return (
    <details class={name} open={open} onToggle={(event) => event.currentTarget.open && set_opened(true)}>
      <summary>{title}</summary>
      {opened && children()}
    </details>
  );
}
