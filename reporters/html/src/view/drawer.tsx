// A panel over the page for one thing in detail. The dialog element keeps the focus inside, gives
// it back afterwards, and closes on Escape.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  title: ComponentChildren;
  close: () => void;
  children: ComponentChildren;
}

export function Drawer({ title, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="drawer"
      aria-labelledby="drawer-title"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div class="drawer-page">
        <header class="drawer-head">
          <h2 id="drawer-title">{title}</h2>
          <button type="button" class="button" onClick={close}>Close</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
