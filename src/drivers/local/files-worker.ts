import '../../quiet-console.js';
import { parentPort } from 'node:worker_threads';
import { takeWork } from '../../thread-program.js';
import { toFailure } from './failure.js';
import { createOperations } from './operations.js';
import { type Batch, createTickets, type Reply, type WorkerSettings } from './protocol.js';

const port = parentPort;
if (port === null) throw new Error('files-worker.js runs as a worker thread only');

const operations = createOperations(takeWork<WorkerSettings>());
const ticketOf = createTickets((replies: readonly Reply[], transfer) =>
  port.postMessage(replies, transfer),
);

port.on('message', ({ requests, claims, bytes }: Batch) => {
  const claimsView = new Int32Array(claims);
  const turn = operations.turn();
  requests.forEach(({ id, operation, ask, body }, index) => {
    const ticket = ticketOf(id, claimsView, index);
    if (ticket.dropped) return;
    try {
      turn.run(
        operation,
        ask,
        ticket,
        body && bytes ? new Uint8Array(bytes, body[0], body[1] - body[0]) : undefined,
      );
    } catch (error) {
      ticket.fail(toFailure(error));
    }
  });
  turn.end();
  // Nothing comes after: once the files are closed, the thread ends by itself.
  if (requests.some(({ operation }) => operation === 'close')) port.unref();
});
