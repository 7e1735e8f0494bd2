import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../../src/drivers/call.js';
import type { BatchedObject, PutOutcome, QuickPut } from '../../../src/drivers/capabilities.js';
import { StorageError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { type Invocation, layered, type Next } from '../../../src/drivers/layers/layer.js';
import type { Operation } from '../../../src/drivers/layers/operations.js';
import * as real from '../../../src/drivers/registry/registry.js';
import { freezeBefore, freezingPassage } from './freeze.js';
import { note, type OrderedFault, orders } from './orders.js';

// Takes the place of src/drivers/registry/registry.ts in the torture build: drivers fail as ordered, and note what they change.

export const { builtinDrivers } = real;

export const findDriver: typeof real.findDriver = (name, kinds) => {
  const kind = real.findDriver(name, kinds);
  const rootOf = (settings: unknown) =>
    kind.name === 'local' ? (settings as { readonly root: string }).root : undefined;
  return {
    ...kind,
    open: async (settings, world) => tortured(await kind.open(settings, world), rootOf(settings)),
  };
};

const STALL_MS = 1_200;
const PART_BYTES = 256 * 1024;
const waiting = [...orders.faults];

/** Small parts: many steps for a crash to come between. */
function inSmallParts(backend: Backend): Backend {
  const { multipart } = backend.capabilities;
  if (!multipart) return backend;
  const partSize = { ...multipart.partSize, min: PART_BYTES };
  return {
    ...backend,
    capabilities: { ...backend.capabilities, multipart: { ...multipart, partSize } },
  };
}

/** What a local target holds under a name, as MD5; null for nothing. */
function contentAt(path: string): string | null {
  try {
    return createHash('md5').update(readFileSync(path)).digest('hex');
  } catch {
    return null;
  }
}

function tortured(backend: Backend, root: string | undefined): Backend {
  const around = async (invocation: Invocation, next: Next): Promise<unknown> => {
    const change = changeOf(invocation);
    const made = () => {
      if (change?.what === 'put') freezeBefore(change.names);
      return withFault(takeFault(invocation.operation), invocation, next);
    };
    return change === undefined ? made() : noted(change, root, made);
  };
  return inQuickRequests(
    layered(inSmallParts(backend), [{ name: 'torture', around }]),
    backend.capabilities.quickPut,
  );
}

/** Half of the daemons send the small objects of a batch by a request each, the others by a call each. */
function inQuickRequests(backend: Backend, quickPut: QuickPut | undefined): Backend {
  if (quickPut === undefined || orders.seed % 2 === 0) return backend;
  const putEach: QuickPut['putEach'] = (container, objects, passage, call) => {
    const names = objects.map(({ key }) => key);
    return noted({ what: 'put', container, names }, undefined, () =>
      quickPut.putEach(container, objects, freezingPassage(passage, names), call),
    );
  };
  return { ...backend, capabilities: { ...backend.capabilities, quickPut: { putEach } } };
}

/** Makes a change between two notes of it. `root`: of a local target, whose contents are noted, too. */
async function noted<T>(
  { what, container, names }: Change,
  root: string | undefined,
  make: () => Promise<T>,
): Promise<T> {
  note({ note: 'begun', what, names, atNs: String(process.hrtime.bigint()) });
  try {
    return await make();
  } finally {
    const contents = root && names.map((name) => contentAt(join(root, container, name)));
    note({
      note: 'ended',
      what,
      names,
      atNs: String(process.hrtime.bigint()),
      ...(contents && { contents }),
      ...(orders.by && { by: orders.by }),
    });
  }
}

function takeFault(operation: Operation): OrderedFault | undefined {
  const at = waiting.findIndex((fault) => fault.operation === operation);
  const [fault] = at < 0 ? [] : waiting.splice(at, 1);
  if (fault) note({ note: 'fault', id: fault.id });
  return fault;
}

async function withFault(
  fault: OrderedFault | undefined,
  invocation: Invocation,
  next: Next,
): Promise<unknown> {
  const about = { driver: 'tortured', retry: 'backoff' } as const;
  switch (fault?.kind) {
    case undefined:
      return next(invocation);
    case 'error':
      throw new StorageError('torture: refused', about);
    case 'full':
      throw new StorageError('torture: no space is left (ENOSPC)', about);
    case 'down':
      throw new TargetUnavailableError('torture: no answer', { driver: 'tortured' });
    case 'lost':
      await next(invocation);
      throw new StorageError('torture: the answer was lost', about);
    case 'stall':
      await systemClock.sleep(STALL_MS, invocation.call.signal);
      return next(invocation);
    case 'lie':
      return asLie(await next(invocation));
  }
}

/** The answer to a put, with digests of other content. */
function asLie(answer: unknown): unknown {
  const zeros = (hex: string) => hex.replace(/./g, '0');
  if (Array.isArray(answer))
    return (answer as readonly PutOutcome[]).map((outcome) =>
      'stored' in outcome
        ? { stored: { ...outcome.stored, md5: zeros(outcome.stored.md5) } }
        : outcome,
    );
  const info = answer as ObjectInfo;
  return {
    ...info,
    checksums: info.checksums.map(({ algorithm, hex }) => ({ algorithm, hex: zeros(hex) })),
  };
}

interface Change {
  readonly what: 'put' | 'delete';
  readonly container: string;
  readonly names: readonly string[];
}

function changeOf({ operation, args }: Invocation): Change | undefined {
  const keyOf = (at: number) => {
    const { container, key } = args[at] as ObjectRef;
    return { container, names: [key] };
  };
  switch (operation) {
    case 'putObject':
    case 'complete':
      return { what: 'put', ...keyOf(0) };
    case 'copyObject':
      return { what: 'put', ...keyOf(1) };
    case 'deleteObject':
      return { what: 'delete', ...keyOf(0) };
    case 'putObjects': {
      const [container, objects] = args as [string, readonly BatchedObject[]];
      return { what: 'put', container, names: objects.map(({ key }) => key) };
    }
    case 'deleteObjects':
      return { what: 'delete', container: args[0] as string, names: args[1] as readonly string[] };
    default:
      return undefined;
  }
}
