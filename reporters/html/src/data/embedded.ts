// Reads data out of the page: elements with base64 of gzip, of JSON or of bytes.

export class DecodeError extends Error {}

function bytes_of_base64(text: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text.trim());
  } catch {
    throw new DecodeError("the embedded data is not base64: the file is damaged");
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (typeof DecompressionStream === "undefined")
    throw new DecodeError("this browser has no DecompressionStream (Chrome 80, Firefox 113, Safari 16.4 and later have it)");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new DecodeError("the embedded data cannot be decompressed: the file is damaged or was cut short");
  }
}

export async function decode_bytes(encoded: string): Promise<Uint8Array> {
  return gunzip(bytes_of_base64(encoded));
}

export async function decode_json(encoded: string): Promise<unknown> {
  const text = new TextDecoder().decode(await decode_bytes(encoded));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DecodeError(`the embedded data is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// The text of an element with data, which leaves the page with it: it would stay in memory beside what it means.
export function take_text(id: string): string | null {
  const element = document.getElementById(id);
  const text = element?.textContent ?? null;
  element?.remove();
  return text;
}
