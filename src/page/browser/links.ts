import { placeOf } from '../model.js';
import type { Connection } from './connection.js';

/**
 * Shows the places of links without loading the document again. Returns what goes to an address. Where the daemon does not
 * answer, what was known stays, and the place is shown as soon as it answers.
 */
export function listenToLinks(connection: Connection): (address: string) => void {
  async function show(address: string): Promise<void> {
    const place = placeOf(address);
    if (place === undefined) return location.assign(address);
    await connection.show(place).catch(() => connection.reconnect());
  }

  function go(address: string): void {
    history.pushState(null, '', address);
    void show(address).then(() => {
      scrollTo(0, 0);
      const focused = document.activeElement;
      if (!(focused instanceof HTMLElement) || focused.closest('.tabs') === null)
        document.getElementById('main')?.focus();
    });
  }

  document.addEventListener('click', (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const address = link?.getAttribute('href') ?? '';
    if (!address.startsWith('/') || placeOf(address) === undefined) return;
    event.preventDefault();
    go(address);
  });
  addEventListener('popstate', () => void show(location.pathname + location.search));
  return go;
}
