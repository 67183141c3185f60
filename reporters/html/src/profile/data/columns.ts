// Columns of numbers: as JSON with one unit, plain or as differences, and as varints of bytes (LEB128).
import type { Numbers } from "../../data/tests";

// What is not known becomes `missing`.
export function plain_numbers({ unit, values }: Numbers, missing = 0): Float64Array {
  return Float64Array.from(values, (value) => (value === null ? missing : value * unit));
}

export function summed_numbers({ unit, values }: Numbers, missing = 0): Float64Array {
  let sum = 0;
  return Float64Array.from(values, (value) => {
    if (value === null) return missing;
    sum += value;
    return sum * unit;
  });
}

export class VarintReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  // Up to 2^53. Behind the end it gives NaN, and `whole` says so.
  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  next_signed(): number {
    const value = this.next();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  get whole(): boolean {
    return this.at === this.bytes.length;
  }
}
