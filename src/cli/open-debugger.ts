import type { Logger } from '../log.js';

/**
 * Warns when Node's debugger listens (`--inspect`): each program that reaches its port runs code as the daemon. Its address is logged
 * without the path, which is what lets a program in.
 */
export async function warnOfDebugger(log: Pick<Logger, 'warn'>): Promise<void> {
  const { url } = await import('node:inspector');
  const address = url();
  if (address === undefined) return;
  const { host } = new URL(address);
  log.warn('debugger is open', { address: host, advice: 'start the daemon without --inspect' });
}
