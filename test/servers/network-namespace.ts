import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { isRoot } from '../world/program.js';

/** A network namespace with one cable to this machine, removed at the end of the test. */
export interface NetworkNamespace {
  /** The command that runs another one inside, with its first arguments. */
  readonly around: readonly string[];
  /** Makes a port of this machine's loopback reachable from inside, and from here under the same address. */
  reach(port: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Packets are lost from now on, in both directions; connections stay open until someone gives up. */
  unplug(): void;
  plug(): void;
}

const NAME = `longshore-${process.pid}`;
/** At most 15 characters. */
const [HERE, THERE] = [`ls${process.pid}a`, `ls${process.pid}b`];
const NETWORK = `10.213.${process.pid % 256}`;

/** Whether this process may have network namespaces: needs root, and most containers refuse it. */
export const canHaveNetworks = isRoot && tryNetworks();

function tryNetworks(): boolean {
  const made = spawnSync('ip', ['netns', 'add', NAME]).status === 0;
  if (!made) return false;
  const linked = spawnSync('ip', ['link', 'add', HERE, 'type', 'veth', 'peer', 'name', THERE]);
  spawnSync('ip', ['link', 'del', HERE]);
  spawnSync('ip', ['netns', 'del', NAME]);
  return linked.status === 0;
}

export function openNetworkNamespace(): NetworkNamespace {
  const ip = (words: string) => execFileSync('ip', words.split(' '));
  const host = `${NETWORK}.1`;
  ip(`netns add ${NAME}`);
  onTestFinished(() => {
    spawnSync('ip', ['link', 'del', HERE]);
    spawnSync('ip', ['netns', 'del', NAME]);
  });
  ip(`link add ${HERE} type veth peer name ${THERE} netns ${NAME}`);
  ip(`addr add ${host}/24 dev ${HERE}`);
  ip(`link set ${HERE} up`);
  ip(`-n ${NAME} addr add ${NETWORK}.2/24 dev ${THERE}`);
  ip(`-n ${NAME} link set ${THERE} up`);
  ip(`-n ${NAME} link set lo up`);
  return {
    around: ['ip', 'netns', 'exec', NAME],
    reach: (port) => relay(host, port),
    // The address of this end stays, so that this machine reaches itself there all the time.
    unplug: () => void ip(`-n ${NAME} link set ${THERE} down`),
    plug: () => void ip(`-n ${NAME} link set ${THERE} up`),
  };
}

/** Listens at the address, and passes everything on to a port of loopback. */
async function relay(host: string, to: number) {
  const sockets = new Set<Socket>();
  const server = createServer((outer) => {
    const inner = connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }).listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host, port: (server.address() as AddressInfo).port };
}
