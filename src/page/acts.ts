/** What a person can do on the page; only with the script. Each is an act of the person, never of time. */
export interface Acts {
  openHeld(mirror: string): void;
  openWhy(mirror: string, name: string): void;
  openPause(): void;
  openKeys(): void;
  reconcile(mirror: string): void;
  probe(target: string): void;
  retry(mirror: string, name: string): void;
  resume(): void;
  copy(text: string): void;
  toggleTheme(): void;
  reconnect(): void;
  search(words: string): void;
}
