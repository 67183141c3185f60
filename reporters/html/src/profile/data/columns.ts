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

type Column = Float64Array | Int32Array | Uint8Array;

// A page may have millions of numbers, so whole columns are read in one go.
export class VarintReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  // Up to 2^53. Behind the end all are zeros, and `whole` says so.
  next(): number {
    return this.fill(new Float64Array(1))[0] as number;
  }

  fill<Into extends Column>(column: Into): Into {
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < column.length; i++) {
      let byte = bytes[at++] as number;
      let value = byte & 0x7f;
      for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
        byte = bytes[at++] as number;
        value += (byte & 0x7f) * scale;
      }
      column[i] = value;
    }
    this.at = at;
    return column;
  }

  // 0, 1, 2, 3... as 0, -1, 1, -2...
  fill_signed<Into extends Column>(column: Into): Into {
    this.fill(column);
    for (let i = 0; i < column.length; i++) {
      const value = column[i] as number;
      column[i] = value < 2 ** 31 ? (value >>> 1) ^ -(value & 1) : value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return column;
  }

  get whole(): boolean {
    return this.at === this.bytes.length;
  }
}
