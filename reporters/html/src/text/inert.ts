// Makes text from tests and tools safe to look at: control characters and direction overrides are
// shown as themselves instead of acting on the page. HTML needs nothing here: text only ever becomes
// text nodes.

function escape_of(character: string): string {
  return `\u2039U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}\u203a`;
}

// C1 controls, zero-width characters, direction marks, overrides and isolates, line separators, BOM
// and lone surrogates.
const kHidden = /[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const kControls = /[\u0000-\u0008\u000b-\u001f]/g;
const kControlsAndBreaks = /[\u0000-\u001f]/g;

// For text of several lines: tabs and line breaks stay.
export function inert(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(kControls, escape_of).replace(kHidden, escape_of);
}

// For names and messages on one line.
export function inert_line(text: string): string {
  return text.replace(kControlsAndBreaks, escape_of).replace(kHidden, escape_of);
}

// A command with control characters in it could act on the terminal that it is pasted into.
export function is_safe_to_paste(command: string): boolean {
  return !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(command);
}
