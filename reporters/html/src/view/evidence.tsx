// What one attempt left behind: message, details and captured output.
import type { Attempt } from "../data/model";
import { Fold } from "./fold";
import { Line, Output } from "./text";

export function Evidence({ attempt, open }: { attempt: Attempt; open: boolean }) {
  const outputs: [string, string][] = [
    ["Standard output", attempt.standard_output],
    ["Standard error", attempt.standard_error],
  ];
  return (
    <>
      {attempt.message && <p class="message"><Line text={attempt.message} /></p>}
      {attempt.details && <Fold title="Details" open={open}>{() => <Output text={attempt.details} label="Details" />}</Fold>}
      {outputs.map(([name, text]) => text && <Fold key={name} title={name}>{() => <Output text={text} label={name} />}</Fold>)}
    </>
  );
}
