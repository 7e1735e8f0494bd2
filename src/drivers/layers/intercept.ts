import type { Backend } from '../backend.js';
import type { Body, Call } from '../call.js';
import type {
  BatchDelete,
  BatchedObject,
  BatchPut,
  Cdn,
  Copy,
  Multipart,
  Versions,
} from '../capabilities.js';

type MethodsOf<T> = {
  [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never;
}[keyof T];

/** All operations of a backend, without `close`. */
export type Operation =
  | Exclude<MethodsOf<Backend>, 'close'>
  | MethodsOf<Copy>
  | MethodsOf<BatchPut>
  | MethodsOf<BatchDelete>
  | Exclude<MethodsOf<Multipart>, 'etagOfParts'>
  | MethodsOf<Cdn>
  | MethodsOf<Versions>;

/** What an operation does at the provider. A new operation does not compile until it has a row here. */
export const EFFECTS: Readonly<Record<Operation, 'reads' | 'changes'>> = {
  listContainers: 'reads',
  headContainer: 'reads',
  createContainer: 'changes',
  deleteContainer: 'changes',
  listObjects: 'reads',
  headObject: 'reads',
  putObject: 'changes',
  readObject: 'reads',
  deleteObject: 'changes',
  copyObject: 'changes',
  putObjects: 'changes',
  deleteObjects: 'changes',
  begin: 'changes',
  uploadPart: 'changes',
  uploadedParts: 'reads',
  cutsOf: 'reads',
  complete: 'changes',
  abort: 'changes',
  unfinished: 'reads',
  enableContainer: 'changes',
  enableObject: 'changes',
  containerUrl: 'reads',
  objectUrl: 'reads',
  keepsVersions: 'reads',
  listVersions: 'reads',
  readVersion: 'reads',
  deleteVersion: 'changes',
};

/** One call on its way to the provider. */
export interface Invocation {
  readonly operation: Operation;
  /** As they were given, without the Call at the end. */
  readonly args: readonly unknown[];
  /** What is sent, by the operations that send something. */
  readonly body: Body | undefined;
  readonly call: Call;
}

/** A concern laid around every operation. `run` makes the call each time it is called, with the given Call or with another. */
export type Around = <T>(invocation: Invocation, run: (call?: Call) => Promise<T>) => Promise<T>;

/** The same backend with a concern around each of its operations. All forwarding is done here. */
export function intercept(inner: Backend, around: Around): Backend {
  const { copy, batchPut, batchDelete, multipart, cdn, versions } = inner.capabilities;
  return {
    ...wrapMethods(inner, around),
    capabilities: {
      ...inner.capabilities,
      copy: copy && wrapMethods(copy, around),
      batchPut: batchPut && wrapMethods(batchPut, around),
      batchDelete: batchDelete && wrapMethods(batchDelete, around),
      multipart: multipart && wrapMethods(multipart, around),
      cdn: cdn && wrapMethods(cdn, around),
      versions: versions && wrapMethods(versions, around),
    },
  };
}

/** A backend is an object literal, so its own keys are all that it has. */
function wrapMethods<T extends object>(target: T, around: Around): T {
  const wrapped = Object.entries(target).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function' || !isOperation(name)) return [name, member];
    const method = (...given: unknown[]): Promise<unknown> => {
      const args = given.slice(0, -1);
      const invocation = {
        operation: name,
        args,
        body: bodyIn(name, args),
        call: given.at(-1) as Call,
      }; // every operation takes its Call last
      return around(invocation, (call = invocation.call) => member.apply(target, [...args, call]));
    };
    return [name, method];
  });
  return Object.fromEntries(wrapped);
}

/** Bytes of content that a call sends; undefined where it sends none, or their number is not known. */
export function sentBytes({ operation, args, body }: Invocation): number | undefined {
  if (operation !== 'putObjects') return body?.size;
  return (args[1] as readonly BatchedObject[]).reduce((sum, { size }) => sum + size, 0);
}

function isOperation(name: string): name is Operation {
  return Object.hasOwn(EFFECTS, name);
}

function bodyIn(operation: Operation, args: readonly unknown[]): Body | undefined {
  if (operation === 'putObject') return args[1] as Body;
  return operation === 'uploadPart' ? (args[2] as Body) : undefined;
}
