import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The open connections of a server, at most so many. */
export interface Connections {
  /** A request has arrived, up to the end of its headers. */
  began(socket: Duplex): void;
  /** The answer has left. */
  ended(socket: Duplex): void;
  isBusy(socket: Duplex): boolean;
}

interface Connection {
  readonly socket: Socket;
  /** Requests without a whole answer. */
  busy: number;
  /** One request, at least, has been read. */
  served: boolean;
}

/**
 * Of more than `most` connections one is closed: the one that has waited longest without a whole request, else the one that
 * has been idle longest, else the newcomer. So a peer that opens many and sends nothing (slowloris) pushes out its own. A
 * connection with a request under way, an open stream among them, stays. Peers that `allows` refuses are closed at once.
 */
export function limitConnections(
  server: Pick<Server, 'on'>,
  most: number,
  allows: (address: string | undefined) => boolean,
): Connections {
  const open = new Map<unknown, Connection>();

  server.on('connection', (socket: Socket) => {
    if (!allows(socket.remoteAddress)) return void socket.destroy();
    const key = keyOf(socket);
    const connection = { socket, busy: 0, served: false };
    open.set(key, connection);
    socket.once('close', () => {
      if (open.get(key) === connection) open.delete(key);
    });
    if (open.size > most) close(superfluous([...open], key));
  });

  function close([key, { socket }]: readonly [unknown, Connection]): void {
    open.delete(key);
    socket.destroy();
  }

  return {
    began(socket) {
      const connection = open.get(keyOf(socket));
      if (connection === undefined) return;
      connection.busy += 1;
      connection.served = true;
    },
    ended(socket) {
      const connection = open.get(keyOf(socket));
      if (connection !== undefined) connection.busy -= 1;
    },
    isBusy: (socket) => (open.get(keyOf(socket))?.busy ?? 0) > 0,
  };
}

type Entry = readonly [unknown, Connection];

function superfluous(open: readonly Entry[], newest: unknown): Entry {
  const idle = open.filter(([key, { busy }]) => busy === 0 && key !== newest);
  return idle.find(([, { served }]) => !served) ?? idle[0] ?? (open.at(-1) as Entry);
}

/** Under TLS a request has another socket than its connection: both have the address of the peer. Unix sockets have none. */
function keyOf(socket: Duplex): unknown {
  const { remoteAddress, remotePort } = socket as Partial<Socket>;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort}`;
}
