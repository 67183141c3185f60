// How figures are written: short, with aligned digits, and never more exact than they are.

const kUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
export const kDash = "\u2013";

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function format_bytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // 1023.5 and not 1024: what would be rounded to "1024 KiB" is "1.00 MiB".
  while (value >= 1023.5 && unit < kUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? String(value) : significant(value)} ${kUnits[unit]}`;
}

function two_digits(value: number): string {
  return String(value).padStart(2, "0");
}

export function format_duration(ns: number): string {
  if (ns < 0) return `\u2212${format_duration(-ns)}`;
  if (ns === 0) return "0 s";
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999_500) return `${significant(ns / 1e3)} \u00b5s`;
  if (ns < 999_500_000) return `${significant(ns / 1e6)} ms`;
  if (ns < 59_995_000_000) return `${significant(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two_digits(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two_digits(Math.floor((seconds % 3600) / 60))} min`;
}

export function format_count(value: number): string {
  const digits = String(Math.trunc(value));
  return digits.replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// One decimal, but 100 only when nothing is missing and 0 only when nothing is there.
export function format_percent(hit: number, found: number): string {
  if (found === 0) return kDash;
  const tenths = Math.floor((hit * 1000) / found);
  if (tenths === 0 && hit > 0) return "<0.1 %";
  return `${Math.floor(tenths / 10)}.${tenths % 10} %`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${format_count(count)} ${count === 1 ? one : many}`;
}

// "timed_out" -> "timed out"
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

export function format_time(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// The epoch stands for an instant that nobody knows.
export function is_instant(text: string): boolean {
  return Date.parse(text) > 0;
}

const kSignals: Record<number, string> = {
  1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
  9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
  24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
};

export function signal_name(signal: number): string {
  return kSignals[signal] ?? `signal ${signal}`;
}

// For reading only: a word is quoted when a shell would take it apart.
export function format_argv(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
