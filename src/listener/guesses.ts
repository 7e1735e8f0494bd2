import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.js';
import { WRONG_TOKENS, WRONG_TOKENS_WINDOW_MS } from './limits.js';

/** Counts wrong tokens by where they come from. */
export interface Guesses {
  /** Milliseconds until the address may present a token again; 0: it may. */
  blockedMs(address: string): number;
  wrong(address: string): void;
}

/** Addresses that are remembered; of more, the one that was wrong the longest time ago is forgotten. */
const ADDRESSES = 1_024;

export function createGuesses(clock: Pick<Clock, 'monotonic'>): Guesses {
  const times = new Map<string, readonly number[]>();
  const recent = (address: string): readonly number[] => {
    const since = clock.monotonic() - WRONG_TOKENS_WINDOW_MS;
    return (times.get(address) ?? []).filter((time) => time > since);
  };
  return {
    blockedMs(address) {
      const wrong = recent(networkOf(address));
      const first = wrong[wrong.length - WRONG_TOKENS];
      return first === undefined ? 0 : first + WRONG_TOKENS_WINDOW_MS - clock.monotonic();
    },
    wrong(address) {
      const network = networkOf(address);
      const wrong = [...recent(network), clock.monotonic()].slice(-WRONG_TOKENS);
      times.delete(network);
      times.set(network, wrong);
      const [oldest] = times.keys();
      if (times.size > ADDRESSES && oldest !== undefined) times.delete(oldest);
    },
  };
}

/** A machine with IPv6 has all addresses of one /64. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [front = '', back = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = front.split(':').filter((group) => group !== '');
  const filled = address.includes('::')
    ? [...groups, ...Array(Math.max(0, 8 - groups.length - back.split(':').length)).fill('0')]
    : groups;
  return filled.slice(0, 4).join(':');
}
