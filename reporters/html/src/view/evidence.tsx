// What one attempt left behind: its message, stack and captured output.
import type { Attempt } from "../data/model";
import { Fold } from "./fold";
import { Output } from "./text";

export function Message({ text }: { text: string }) {
  return text ? <Output text={text} label="Message" class="message" /> : null;
}

export function Evidence({ attempt, open }: { attempt: Attempt; open: "all" | "stack" | "none" }) {
  const outputs: [string, string][] = [
    ["Standard output", attempt.standard_output],
    ["Standard error", attempt.standard_error],
  ];
  return (
    <div class="folds">
      {attempt.details && <Fold title="Stack and details" open={open !== "none"}>{() => <Output text={attempt.details} label="Stack and details" links />}</Fold>}
      {outputs.map(([name, text]) => text && <Fold key={name} title={name} open={open === "all"}>{() => <Output text={text} label={name} links />}</Fold>)}
    </div>
  );
}
