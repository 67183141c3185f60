// A shell command with a button that copies it.
import { useEffect, useState } from "preact/hooks";
import { inert, is_safe_to_paste } from "../text/inert";

// The clipboard interface is missing where the page is not a secure context.
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function Command({ command, label = "Run again" }: { command: string; label?: string }) {
  const [state, set_state] = useState<"" | "copied" | "copying failed">("");
  useEffect(() => {
    if (!state) return;
    const timer = setTimeout(() => set_state(""), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const safe = is_safe_to_paste(command);
  return (
    <div class="command">
      <span class="command-label">{label}</span>
      <code>{inert(command)}</code>
      <button
        type="button"
        class="button"
        disabled={!safe}
        title={safe ? "Copy the command" : "Not offered for copying: the command has control characters in it"}
        onClick={() => void copy(command).then((done) => set_state(done ? "copied" : "copying failed"))}
      >
        <span aria-live="polite">{state === "copied" ? "Copied" : state ? "Failed" : "Copy"}</span>
      </button>
    </div>
  );
}
