// A panel over the page for one thing in detail. The dialog element keeps the focus inside, gives it back afterwards,
// and closes on Escape.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

interface Props {
  title: ComponentChildren;
  close: () => void;
  tools?: ComponentChildren;
  class?: string;
  on_key?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
}

export function Drawer({ title, close, tools, class: name = "drawer", on_key, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={name}
      aria-labelledby="drawer-title"
      onKeyDown={on_key}
      onCancel={(event) => {
        event.preventDefault(); // The address closes it.
        close();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div class="drawer-page">
        <header class="drawer-head">
          <h2 id="drawer-title" tabIndex={-1} autofocus>{title}</h2>
          <div class="drawer-tools">
            {tools}
            <button type="button" class="tool" title="Close (Esc)" aria-label="Close" onClick={close}><Icon name="close" /></button>
          </div>
        </header>
        {children}
      </div>
    </dialog>
  );
}
