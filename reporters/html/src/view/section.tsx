// A part of the page that a link can point to, with a guard around it.
import type { ComponentChildren } from "preact";
import { Guard } from "./problem";

interface Props {
  id: string;
  title: string;
  note?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ id, title, note, children }: Props) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {title}
        {note && <span class="note">{note}</span>}
      </h2>
      <Guard name={title}>{children}</Guard>
    </section>
  );
}
