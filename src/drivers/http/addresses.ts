import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { type LookupFunction, Socket } from 'node:net';
import { type Clock, systemClock } from '../../clock.js';

/** An address that could not be connected to is tried after the others for this long. */
const REST_MS = 60_000;
/** Addresses that are remembered; a provider's name may have another answer every few seconds. */
const MAX_KNOWN = 1024;

/** The addresses of each name, used in turn. */
export interface Addresses {
  /**
   * Resolves a name for a new connection: of the family that the resolver puts first, the address that was first the longest time
   * ago is first. The others follow, for Node's happy eyeballs (net.connect, `autoSelectFamily`); all of them are there. A
   * resolver that sorts its answer (getaddrinfo, RFC 6724) would otherwise send all connections to one front end.
   */
  readonly lookup: LookupFunction;
  /** Learns from a connection's attempts which addresses are dead. */
  watch(socket: Socket, connected: 'connect' | 'secureConnect'): void;
}

export function createAddresses(
  resolve: LookupFunction = systemLookup as LookupFunction,
  clock: Pick<Clock, 'monotonic'> = systemClock,
): Addresses {
  /** In order of the last turn. */
  const known = new Map<string, KnownAddress>();
  let turns = 0;

  function update(ip: string, changed: Partial<KnownAddress>): void {
    const before = known.get(ip) ?? { turn: 0, restsUntilMs: 0 };
    known.delete(ip);
    known.set(ip, { ...before, ...changed });
    const [oldest] = known.keys();
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  }

  const rest = (ip: string) => update(ip, { restsUntilMs: clock.monotonic() + REST_MS });

  return {
    lookup(hostname, options, callback) {
      resolve(hostname, { ...options, all: true }, (error, found) => {
        if (error !== null || typeof found === 'string') return callback(error, found);
        const ordered = inTurn(found, known, clock.monotonic());
        const [first] = ordered;
        if (first === undefined) return callback(error, found);
        turns += 1;
        update(first.address, { turn: turns });
        if (options.all === true) callback(null, ordered);
        else callback(null, first.address, first.family);
      });
    },
    watch(socket, connected) {
      let last: string | undefined;
      socket.on('connectionAttempt', (ip) => {
        last = ip;
      });
      socket.on('connectionAttemptFailed', rest);
      socket.on('connectionAttemptTimeout', rest);
      const fail = () => {
        if (last !== undefined) rest(last);
      };
      socket.once('error', fail);
      socket.once(connected, () => {
        socket.off('error', fail);
        if (last !== undefined) update(last, { restsUntilMs: 0 });
      });
    },
  };
}

/** Connects as `connect` does, which resolves names by `addresses.lookup`, and learns from each connection. */
export function watched<Options extends { readonly protocol: string }, Callback>(
  connect: (options: Options, callback: Callback) => unknown,
  addresses: Addresses,
): (options: Options, callback: Callback) => void {
  return (options, callback) => {
    const socket = connect(options, callback);
    if (socket instanceof Socket)
      addresses.watch(socket, options.protocol === 'https:' ? 'secureConnect' : 'connect');
  };
}

interface KnownAddress {
  /** When it was first the last time: the larger, the later. */
  readonly turn: number;
  /** Milliseconds of the monotonic clock. */
  readonly restsUntilMs: number;
}

/** Those that do not rest are first, of these the resolver's first family, of these the one whose turn is the longest ago. */
export function inTurn(
  found: readonly LookupAddress[],
  known: ReadonlyMap<string, KnownAddress>,
  nowMs: number,
): LookupAddress[] {
  const family = found[0]?.family;
  const rank = ({ address, family: own }: LookupAddress): readonly number[] => {
    const { turn = 0, restsUntilMs = 0 } = known.get(address) ?? {};
    return [Number(restsUntilMs > nowMs), Number(own !== family), turn];
  };
  return [...found].sort((a, b) => {
    const [ofA, ofB] = [rank(a), rank(b)];
    const at = ofA.findIndex((value, i) => value !== ofB[i]);
    return at < 0 ? 0 : (ofA[at] ?? 0) - (ofB[at] ?? 0);
  });
}
