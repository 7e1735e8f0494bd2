import { digestOfParts } from '../parts-digest.js';
import type { Part, UploadToken } from './capabilities.js';
import {
  cutIntoRanges,
  type PartsBody,
  type PartsClaim,
  type PartsElsewhere,
  type PartsRange,
  type SentPart,
  sendRange,
  withoutDone,
} from './parts-range.js';
import type { AllParts, Upload } from './resumed-upload.js';
import { shareOut } from './share-out.js';

/** An upload whose parts other processes may send. */
export interface SharedUpload extends Upload {
  readonly body: PartsBody;
  readonly elsewhere: PartsElsewhere;
}

/**
 * Has the parts sent by other processes, a range at a time, and sends from here what none of them takes or has done. What they
 * say is compared with the provider's own list: a claim that is not in it is refuted, and its part sent from here. Rejects once
 * nothing is under way elsewhere any more, so that an abort comes after the last request, and at once when the signal is aborted.
 */
export async function sendElsewhere(
  { multipart, body, partSize, elsewhere, settings: { signal, onPart } }: SharedUpload,
  token: UploadToken,
  there: readonly Part[],
): Promise<AllParts> {
  const before = byNumber(there);
  const tally = createTally(before, onPart);
  const tokenElsewhere = multipart.tokenForSenders?.(token) ?? token;
  const claims: PartsClaim[] = [];

  async function here(ranges: readonly PartsRange[]): Promise<void> {
    const [first] = ranges;
    if (first === undefined) return;
    const range = { ...first, known: ranges.flatMap(({ known }) => known) };
    tally.sent(await sendRange(multipart, body, range, signal));
  }

  async function away(range: PartsRange): Promise<readonly PartsRange[]> {
    try {
      const claim = await elsewhere.send({ ...range, token: tokenElsewhere }, signal);
      tally.claimed(claim.parts);
      claims.push(claim);
    } catch {
      signal.throwIfAborted(); // whatever it was, it is done here, where it fails as it does without others
    }
    return withoutDone(range, tally.has);
  }

  const ranges = cutIntoRanges(body.size, { token, partSize }, before);
  await shareOut(ranges, { takes: elsewhere.takes, away, here }, signal);
  if (tally.hasClaims()) {
    tally.compare(await multipart.uploadedParts(token, { signal }));
    for (const { parts, refute } of claims) {
      const numbers = parts.flatMap((part) => part?.number ?? []);
      const wrong = numbers.filter((number) => !tally.has(number));
      if (wrong.length > 0) refute(wrong);
    }
    for (const range of ranges.flatMap((range) => withoutDone(range, tally.has)))
      await here([{ ...range, known: range.known.map(() => undefined) }]); // what was there is not any longer
  }
  const parts = tally.parts();
  return { parts, md5Parts: digestOfParts(parts.map(({ md5 }) => md5)) };
}

type TalliedPart = Part & Required<Pick<Part, 'md5'>>;

/** Which parts the provider has: those that were sent from here, and those that another process claims to have sent. */
interface Tally {
  sent(parts: readonly SentPart[]): void;
  claimed(parts: readonly (SentPart | undefined)[]): void;
  hasClaims(): boolean;
  /** Forgets each claim that is not what the provider lists. */
  compare(listed: readonly Part[]): void;
  has(number: number): boolean;
  /** In order. */
  parts(): readonly TalliedPart[];
}

function createTally(
  before: ReadonlyMap<number, Part>,
  onPart: ((bytes: number, before: boolean) => void) | undefined,
): Tally {
  const found = new Map<number, TalliedPart>();
  const claims = new Set<number>();
  const reported = new Set<number>();

  function note({ number, size, md5, receipt }: SentPart): void {
    found.set(number, {
      ...{ number, size, md5 },
      receipt: receipt ?? before.get(number)?.receipt ?? '',
    });
    if (!reported.has(number)) onPart?.(size, receipt === undefined);
    reported.add(number);
  }

  return {
    sent(parts) {
      for (const part of parts) note(part);
    },
    claimed(parts) {
      for (const part of parts) {
        if (part === undefined) continue;
        note(part);
        claims.add(part.number);
      }
    },
    hasClaims: () => claims.size > 0,
    compare(listed) {
      const parts = byNumber(listed);
      for (const number of claims) {
        const [said, part] = [found.get(number), parts.get(number)];
        if (said !== undefined && part !== undefined && isSamePart(part, said))
          found.set(number, { ...part, md5: said.md5 });
        else found.delete(number);
      }
      claims.clear();
    },
    has: (number) => found.has(number),
    parts: () => [...found.values()].sort((a, b) => a.number - b.number),
  };
}

function byNumber(parts: readonly Part[]): ReadonlyMap<number, Part> {
  return new Map(parts.map((part) => [part.number, part]));
}

function isSamePart(listed: Part, said: TalliedPart): boolean {
  if (listed.size !== said.size) return false;
  return listed.md5 === undefined ? listed.receipt === said.receipt : listed.md5 === said.md5;
}
