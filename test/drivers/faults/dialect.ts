import type { Backend } from '../../../src/drivers/backend.js';
import type { Retry, StorageError } from '../../../src/drivers/errors.js';
import type { ForeignAnswer, HttpFault } from '../../fakes/scripted-faults.js';
import type { DriverName, Dialect as ProxyDialect } from '../../faults/dialect.js';
import type { Ask, Step } from './steps.js';

/** What goes wrong with one request of a step. */
export type StepFault =
  | HttpFault
  | {
      readonly kind: 'refuse';
      readonly status: number;
      /** S3's; Swift has none. */
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A batch delete refuses these keys, for want of rights. */
  | { readonly kind: 'deny-keys'; readonly keys: readonly string[] }
  /** A batch delete leaves one key out, without saying so. */
  | { readonly kind: 'omit-key'; readonly key: string }
  /** A listing gives the same page again. */
  | { readonly kind: 'repeat-page' }
  /** The status of success, although nothing was done. */
  | { readonly kind: 'hollow' };

/** A fake of one provider with a container of the name `CONTAINER`, for one test. */
export interface FaultyService {
  /** A client that gives up after 400 ms of silence. */
  readonly backend: Backend;
  /** Another client, with these settings. */
  open(settings?: Readonly<Record<string, unknown>>): Backend;
  /** A client whose credentials are refused, and what of them no error may show. */
  openRefused(): { readonly backend: Backend; readonly secret: string };
  readonly origin: string;
  /** The next request on which the step depends meets the fault, `times` in a row. */
  next(step: Step, fault: StepFault, times?: number): void;
  /** Every request by which the step could be proven meets the fault. */
  always(step: Step, fault: ForeignAnswer): void;
  /** Every request of the next such step is refused for want of rights. */
  deny(step: Step): void;
  /** How often the request on which the step depends was answered. */
  count(step: Step): number;
  /** Scripted faults that have not happened yet. */
  left(): number;
  listOneByOne(): void;
  /** The container goes, with all that is in it. */
  loseContainer(): void;
  /** The next request is refused, and the client learns from the refusal what it needs for another. */
  refuseOnce(): void;
  /** What no error may show. */
  secrets(): readonly string[];
  /** Rejects when a scripted fault has not happened. */
  close(): Promise<void>;
}

export type Refusal = readonly [
  status: number,
  code: string,
  headers: Readonly<Record<string, string>>,
  error: new (...args: never) => StorageError,
  retry: Retry,
];

/** How one provider fails, and what its driver makes of it. */
export interface FaultDialect {
  readonly driver: DriverName;
  /** For titles. */
  readonly name: string;
  start(): Promise<FaultyService>;
  /** A client of whatever answers there, with good credentials. */
  openAt(origin: string): Backend;
  /** Each answer to a put, the error that it becomes, and when that is worth another try. */
  readonly refusals: readonly Refusal[];
  /** Undefined: the provider gives none. */
  readonly requestId: RegExp | undefined;
  /** The refusal of a body whose digest is another. */
  readonly badDigest: { readonly status: number; readonly code: string };
  /** Steps that a success can be reported for without being done, with the error's class. */
  readonly hollow: readonly (readonly [Step, new (...args: never) => StorageError])[];
  /** Steps that the provider is known to take minutes over. */
  readonly slow: readonly ('complete' | 'copy' | 'delete together')[];
  /** Keys that no batch delete can carry, if there are any; undefined: there is no batch delete. */
  readonly unbatchable: readonly string[] | undefined;
  /** Of a batch delete that left one key out: the keys whose fate its answer leaves unknown. */
  unknownAfter(asked: readonly string[], omitted: string): readonly string[];
  /** Pages that must be given again before a client can notice. */
  readonly repeatedPages: number;
  readonly proxy: ProxyDialect;
  /** A listing's body with the name `a` replaced by `c`. */
  rename(body: string): string;
  /** Bytes. The smallest part, or a convenient one. */
  readonly partSize: number;
  /** Bytes of the smallest upload that goes as one part. Default: a few. */
  readonly onePart?: number;
  /** Steps beside those of `Backend`. */
  readonly ownAsks: Readonly<Partial<Record<Step, (service: FaultyService) => Promise<Ask>>>>;
  /** Steps that depend on a request of their own, whose answer must prove that it is the provider's. */
  readonly provenSteps: readonly Step[];
  /** Steps that are proven by another request when the first proves nothing. */
  readonly provenOtherwise: readonly Step[];
  /** Steps whose request is not repeated: the first may have had its effect. */
  readonly notRepeated: readonly Step[];
  /** Steps whose success has another status than 200. */
  readonly without200: readonly Step[];
  /** Further answers that prove nothing. */
  readonly unproven: readonly (readonly [what: string, answer: ForeignAnswer, reason: string])[];
}
