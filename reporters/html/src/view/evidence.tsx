// What one attempt left behind: message, details and captured output.
import type { Attempt } from "../data/model";
import { Line, Output } from "./text";

export function Evidence({ attempt, open }: { attempt: Attempt; open: boolean }) {
  const outputs: [string, string][] = [
    ["Standard output", attempt.standard_output],
    ["Standard error", attempt.standard_error],
  ];
  return (
    <>
      {attempt.message && <p class="message"><Line text={attempt.message} /></p>}
      {attempt.details && (
        <details open={open}>
          <summary>Details</summary>
          <Output text={attempt.details} label="Details" />
        </details>
      )}
      {outputs.map(
        ([name, text]) =>
          text && (
            <details key={name}>
              <summary>{name}</summary>
              <Output text={text} label={name} />
            </details>
          ),
      )}
    </>
  );
}
