// What the browser keeps for the reader; a browser that keeps nothing (private mode, blocked storage) is as good.

export type Theme = 'light' | 'dark';

const THEME = 'longshore-theme';
const KEYS_OFF = 'longshore-keys-off';

export function keptTheme(): Theme | undefined {
  const kept = read(THEME);
  return kept === 'light' || kept === 'dark' ? kept : undefined;
}

export function keepTheme(theme: Theme): void {
  write(THEME, theme);
}

/** Whether single keys act. */
export function keysAreOn(): boolean {
  return read(KEYS_OFF) === null;
}

export function keepKeys(on: boolean): void {
  write(KEYS_OFF, on ? undefined : '1');
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // It is not kept.
  }
}
