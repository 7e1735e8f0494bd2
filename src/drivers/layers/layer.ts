import type { Backend } from '../backend.js';
import type { Body, Call } from '../call.js';
import type { BatchedObject, QuickPut } from '../capabilities.js';
import type { QuickGet } from '../quick-get.js';
import { isOperation, type Operation } from './operations.js';
import { passageBy, type QuickRule } from './passage.js';

/** A concern around the calls of a backend: retries, limits, measurements. */
export interface Layer {
  readonly name: string;
  /** Whether calls of an operation pass through the layer; asked when the backend is wrapped. Default: all do. */
  concerns?(operation: Operation): boolean;
  /** How many calls the layer admits at once, at this moment. Default: any number. */
  readonly callsAtOnce?: () => number;
  /** Makes the call by `next`, once, several times or not at all, and returns its result. It may throw or reject. */
  around(invocation: Invocation, next: Next): Promise<unknown>;
  /** The same for one of many requests that are begun together. Undefined: the backend then has no quickPut and quickGet. */
  readonly quick?: QuickRule;
}

/** The layers further inside, and then the backend. Never throws: what goes wrong is a rejection. */
export type Next = (invocation: Invocation) => Promise<unknown>;

/** One call on its way to the provider. A layer that changes something of it passes on another invocation. */
export interface Invocation {
  readonly operation: Operation;
  /** As for the method, without the Call at the end. */
  readonly args: readonly unknown[];
  /** What `putObject` and `uploadPart` send, also in `args`; undefined with other operations. */
  readonly body: Body | undefined;
  readonly call: Call;
  /** Once it is aborted the call may not begin: a layer in which it waits for its turn rejects with the reason. */
  readonly drain?: AbortSignal;
}

/**
 * The same backend with layers around its operations; the first of them is the innermost. The layers of an operation become
 * one function when the backend is wrapped, and each call is one Invocation. All forwarding is done here.
 */
export function layered(backend: Backend, layers: readonly Layer[]): Backend {
  const { copy, batchPut, quickPut, quickGet, batchDelete, multipart, cdn, versions, pagesAtOnce } =
    backend.capabilities;
  const limits = layers.flatMap(({ callsAtOnce }) => callsAtOnce ?? []);
  return {
    ...wrapMethods(backend, layers),
    capabilities: {
      ...backend.capabilities,
      pagesAtOnce: limits.length === 0 ? pagesAtOnce : () => fewest([pagesAtOnce, ...limits]),
      copy: copy && wrapMethods(copy, layers),
      batchPut: batchPut && wrapMethods(batchPut, layers),
      quickPut: quickPut && layeredPuts(quickPut, layers),
      quickGet: quickGet && layeredGets(quickGet, layers),
      batchDelete: batchDelete && wrapMethods(batchDelete, layers),
      multipart: multipart && wrapMethods(multipart, layers),
      cdn: cdn && wrapMethods(cdn, layers),
      versions: versions && wrapMethods(versions, layers),
    },
  };
}

function fewest(numbers: readonly (() => number)[]): number {
  return Math.min(...numbers.map((number) => number()));
}

/** Undefined when a layer of puts has no rule for one of many. */
function layeredPuts(quickPut: QuickPut, layers: readonly Layer[]): QuickPut | undefined {
  const rules = quickRules('putObject', layers);
  return (
    rules && {
      putEach: (container, objects, passage, call) =>
        quickPut.putEach(container, objects, passageBy('putObject', rules, passage), call),
    }
  );
}

/** Undefined when a layer of reads has no rule for one of many. */
function layeredGets(quickGet: QuickGet, layers: readonly Layer[]): QuickGet | undefined {
  const rules = quickRules('readObject', layers);
  return (
    rules && {
      getEach: (container, objects, answered, passage, call) =>
        quickGet.getEach(
          container,
          objects,
          answered,
          passageBy('readObject', rules, passage),
          call,
        ),
    }
  );
}

/** Those of the layers around an operation, the outermost first; undefined when one of them has none. */
function quickRules(
  operation: Operation,
  layers: readonly Layer[],
): readonly QuickRule[] | undefined {
  const concerned = layers.filter((layer) => layer.concerns?.(operation) ?? true).toReversed();
  const rules = concerned.flatMap(({ quick }) => (quick === undefined ? [] : [quick]));
  return rules.length < concerned.length ? undefined : rules;
}

/** A backend is an object literal, so its own keys are all that it has. */
function wrapMethods<T extends object>(target: T, layers: readonly Layer[]): T {
  const wrapped = Object.entries(target).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function' || !isOperation(name)) return [name, member];
    return [name, wrapMethod(name, (args) => member.apply(target, args), layers)];
  });
  return Object.fromEntries(wrapped);
}

/** A method of the backend, given its arguments and the Call, which every operation takes last. */
type Method = (args: readonly unknown[]) => Promise<unknown>;

function wrapMethod(operation: Operation, method: Method, layers: readonly Layer[]) {
  const send: Next = rejecting(({ args, call }) => method([...args, call]));
  const outermost = layers
    .filter((layer) => layer.concerns?.(operation) ?? true)
    .reduce<Next>((next, layer) => rejecting((call) => layer.around(call, next)), send);
  const bodyAt = BODY_AT[operation];
  return (...args: unknown[]): Promise<unknown> => {
    const call = args.pop() as Call;
    const body = bodyAt === undefined ? undefined : (args[bodyAt] as Body);
    return outermost({ operation, args, body, call });
  };
}

/** What `next` throws before it returns a promise becomes a rejection, so that no layer has to look at two ways of failing. */
function rejecting(next: Next): Next {
  return (invocation) => {
    try {
      return next(invocation);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** Where among its arguments an operation has its body. */
const BODY_AT: Readonly<Partial<Record<Operation, number>>> = { putObject: 1, uploadPart: 2 };

/** The same call with another body. */
export function withBody(invocation: Invocation, body: Body): Invocation {
  const bodyAt = BODY_AT[invocation.operation];
  if (bodyAt === undefined) return invocation;
  return Object.assign({}, invocation, { body, args: invocation.args.with(bodyAt, body) });
}

/** Bytes of content that a call sends; undefined where it sends none, or their number is not known. */
export function sentBytes({ operation, args, body }: Invocation): number | undefined {
  if (operation !== 'putObjects') return body?.size;
  return (args[1] as readonly BatchedObject[]).reduce((sum, { size }) => sum + size, 0);
}
