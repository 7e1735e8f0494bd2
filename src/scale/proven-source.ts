import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { SourceProof } from './job-form.js';
import { proofOf } from './source-proof.js';

/** The proof of a source, taken again and again, as its folders change. */
export interface ProvenSource {
  /** Undefined: it cannot be read. */
  found(): SourceProof | undefined;
  /** A worker finds another source by the last proof. Resolves when there is a later one, which is taken at most once a second. */
  proveAgain(): Promise<void>;
  close(): void;
}

const PROVE_EVERY_MS = 60_000;
const SOONEST_MS = 1_000;

export function provenSource(
  source: string,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Logger, 'debug'> },
): ProvenSource {
  const stop = new AbortController();
  let found: SourceProof | undefined;
  let proofs = 0;
  let beganMs = Number.NEGATIVE_INFINITY;
  let again: Promise<void> | undefined;
  let cancel = () => {};

  async function prove(): Promise<void> {
    proofs += 1;
    const number = proofs;
    beganMs = clock.monotonic();
    const proof = await proofOf(source).catch((error: unknown) => {
      log.debug('source not proved to workers', { source, error });
      return undefined;
    });
    if (stop.signal.aborted || number < proofs) return; // a later one is under way
    found = proof;
    cancel();
    cancel = clock.after(PROVE_EVERY_MS, () => void prove());
  }

  async function proveSoon(): Promise<void> {
    const waitMs = beganMs + SOONEST_MS - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, stop.signal).catch(() => {});
    again = undefined;
    if (!stop.signal.aborted) await prove();
  }

  void prove();
  return {
    found: () => found,
    proveAgain() {
      again ??= proveSoon();
      return again;
    },
    close() {
      stop.abort(new Error('the mirror has ended'));
      cancel();
    },
  };
}
