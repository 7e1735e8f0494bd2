import type { Fault } from './faults.js';
import type { Operation } from './request.js';

/**
 * How one call fails, in the words of Google's storage-testbench (github.com/googleapis/storage-testbench, "Force failures"):
 * `return-503`, `return-503-after-256K`, `return-reset-connection`, `return-broken-stream`,
 * `return-broken-stream-final-chunk-after-1024B`, `stall-always`, `stall-at-256KiB`.
 */
export type Instruction = string;

/** Names of calls, as the testbench has them. */
export type RpcName =
  | 'storage.objects.insert'
  | 'storage.objects.insert.resumable'
  | 'storage.objects.get'
  | 'storage.objects.get.media'
  | 'storage.objects.list'
  | 'storage.objects.delete'
  | 'storage.objects.rewrite';

export const OPERATIONS: Readonly<Record<RpcName, Operation>> = {
  'storage.objects.insert': 'PutObject',
  'storage.objects.insert.resumable': 'ContinueSession',
  'storage.objects.get': 'GetMetadata',
  'storage.objects.get.media': 'GetObject',
  'storage.objects.list': 'ListObjects',
  'storage.objects.delete': 'DeleteObject',
  'storage.objects.rewrite': 'RewriteObject',
};

const KIB = 1024;

/** The fault that an instruction means. Throws for one that the testbench does not have. */
export function faultOf(instruction: Instruction): Fault {
  const after = /^return-(\d{3})-after-(\d+)K$/.exec(instruction);
  if (after !== null)
    return { kind: 'keep-then-refuse', status: Number(after[1]), bytes: Number(after[2]) * KIB };
  const status = /^return-(\d{3})$/.exec(instruction);
  if (status !== null) return { kind: 'refuse', status: Number(status[1]), reason: 'backendError' };
  const final = /^return-broken-stream-final-chunk-after-(\d+)B$/.exec(instruction);
  if (final !== null) return { kind: 'truncate', afterBytes: Number(final[1]) };
  const stall = /^stall-at-(\d+)KiB$/.exec(instruction);
  if (stall !== null) return { kind: 'stall-body', afterBytes: Number(stall[1]) * KIB };
  if (instruction === 'return-broken-stream') return { kind: 'truncate', afterBytes: 4 };
  if (instruction === 'return-reset-connection') return { kind: 'lose-answer' };
  if (instruction === 'stall-always') return { kind: 'stall' };
  throw new Error(`the testbench has no instruction ${instruction}`);
}
