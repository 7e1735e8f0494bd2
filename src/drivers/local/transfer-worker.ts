import '../../quiet-console.js';
import { parentPort } from 'node:worker_threads';
import { type TransferOrder, transferFile } from './transfer-file.js';

export interface TransferMessage {
  readonly order: TransferOrder;
  /** One 32-bit number, which becomes other than 0 when the transfer is to end. */
  readonly stop: SharedArrayBuffer;
}

const port = parentPort;
if (port === null) throw new Error('transfer-worker.js runs as a worker thread only');

port.on('message', ({ order, stop }: TransferMessage) => {
  const stopped = new Int32Array(stop);
  port.postMessage(transferFile(order, () => Atomics.load(stopped, 0) !== 0));
});
