const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0 B`, `1.5 KiB`, `128 MiB`. */
export function bytes(amount: number): string {
  let unit = 0;
  let scaled = amount;
  for (; scaled >= 1024 && unit < UNITS.length - 1; unit += 1) scaled /= 1024;
  return `${scaled < 10 && unit > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${UNITS[unit]}`;
}

/** `0 s`, `42 s`, `3 min 5 s`, `2 h 7 min`, `4 d 1 h`. Less than nothing (a clock was set back) is nothing. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, 'min', 1, 's');
  if (whole < 86_400) return pair(whole, 3600, 'h', 60, 'min');
  return pair(whole, 86_400, 'd', 3600, 'h');
}

/** Seconds; null: a scan is still to find what has changed. */
export function lagText(seconds: number | null): string {
  return seconds === null ? 'not known yet' : duration(seconds);
}

/** `12,345`. */
export function count(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ',');
}

function pair(
  seconds: number,
  big: number,
  bigUnit: string,
  small: number,
  smallUnit: string,
): string {
  const rest = Math.floor((seconds % big) / small);
  return rest === 0
    ? `${Math.floor(seconds / big)} ${bigUnit}`
    : `${Math.floor(seconds / big)} ${bigUnit} ${rest} ${smallUnit}`;
}

/** `1 object`, `2,000 objects`. */
export function counted(amount: number, one: string, several = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : several}`;
}
