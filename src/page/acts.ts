import type { Found } from './api.js';

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
  /** Reads a share of the mirror's objects back, now. */
  verify(mirror: string, readBack: string): void;
  stopVerify(mirror: string): void;
  testNotification(name: string): void;
  /** Loads the configuration file, if it still is the one of this digest. `typed`: what a person has typed, where it takes that. */
  reload(digest: string, typed: string | undefined): void;
  copy(text: string): void;
  toggleTheme(): void;
  reconnect(): void;
  /** Finds objects by a part of their name, once nothing more was typed for a moment; undefined: something was. */
  find(words: string, after: string | undefined): Promise<Found | undefined>;
  /** Explains exactly this path of a mirror that has it. */
  search(path: string): void;
}
