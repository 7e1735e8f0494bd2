import { escapeUnprintable, printable } from '../printable.js';
import { bytes, count, counted } from '../status/units.js';
import { type Verdict, type VerifyEvent, WRONG } from '../verify/verify-events.js';
import { EXIT } from './exit.js';
import type { Output } from './output.js';

/** Prints what is wrong, and counts. */
export interface VerifyReport {
  add(event: VerifyEvent): void;
  /** Prints the counts. Returns the exit code. */
  finish(): number;
}

export interface VerifyReportOptions {
  readonly json: boolean;
  /** Whether objects that the index does not know are wrong. */
  readonly extraneousIsWrong: boolean;
  /** Further fields of the JSON summary. */
  readonly summary?: Readonly<Record<string, unknown>>;
}

/** Verdicts that get a line of their own. An extraneous object has one where it is wrong. */
const SHOWN: ReadonlySet<Verdict> = new Set([...WRONG, 'unreadable', 'unverified']);

/** What is counted beside the sums, in the order in which it is printed. */
const COUNTED = [
  'damaged',
  'missing',
  'changed',
  'wrong-size',
  'extraneous',
  'unreadable',
  'unverified',
  'unconfirmed',
  'gone',
] as const satisfies readonly Verdict[];

export function openVerifyReport(
  mirror: string,
  output: Output,
  { json, extraneousIsWrong, summary = {} }: VerifyReportOptions,
): VerifyReport {
  const verdicts = new Map<Verdict, number>();
  const sums = { objects: 0, bytes: 0, provenBytes: 0 };
  const times = (verdict: Verdict) => verdicts.get(verdict) ?? 0;
  const isShown = (verdict: Verdict) =>
    SHOWN.has(verdict) || (verdict === 'extraneous' && extraneousIsWrong);

  function counts() {
    const wrong =
      [...WRONG].reduce((sum, verdict) => sum + times(verdict), 0) +
      (extraneousIsWrong ? times('extraneous') : 0);
    return { ...sums, proven: times('proven'), wrong };
  }

  return {
    add(event) {
      const { name, size, verdict, detail } = event;
      verdicts.set(verdict, times(verdict) + 1);
      if (verdict !== 'missing') {
        sums.objects += 1;
        sums.bytes += size;
      }
      if (verdict === 'proven') sums.provenBytes += size;
      if (!isShown(verdict)) return;
      if (json) output.json({ event: 'object', mirror, ...event });
      else
        output.line(
          `${verdict}: ${printable(name)}${detail === '' ? '' : ` (${escapeUnprintable(detail)})`}`,
        );
    },
    finish() {
      const { wrong, ...rest } = counts();
      const each = Object.fromEntries(COUNTED.map((verdict) => [verdict, times(verdict)]));
      if (json) output.json({ event: 'summary', mirror, ...summary, ...rest, ...each });
      else output.line(summaryLine(mirror, counts(), times));
      if (wrong > 0) return EXIT.WORK_DUE;
      return times('unreadable') > 0 ? EXIT.INCOMPLETE : EXIT.OK;
    },
  };
}

interface Counts {
  readonly objects: number;
  readonly bytes: number;
  readonly proven: number;
  readonly provenBytes: number;
  readonly wrong: number;
}

const WORDS: Readonly<Record<(typeof COUNTED)[number], string>> = {
  damaged: 'damaged',
  missing: 'missing',
  changed: 'changed by something else',
  'wrong-size': 'of another size',
  extraneous: 'that longshore did not put there',
  unreadable: 'could not be read',
  unverified: 'unverified: nothing says what their bytes should be',
  unconfirmed: 'being sent',
  gone: 'deleted since the index snapshot was made, or missing',
};

function summaryLine(
  mirror: string,
  { objects, bytes: size, proven, provenBytes, wrong }: Counts,
  times: (verdict: Verdict) => number,
): string {
  const found = COUNTED.flatMap((verdict) =>
    times(verdict) === 0 ? [] : [`${count(times(verdict))} ${WORDS[verdict]}`],
  );
  return [
    `${printable(mirror)}: ${counted(objects, 'object')} (${bytes(size)}) compared, ${count(proven)} read back and proven (${bytes(provenBytes)})`,
    ...found,
    ...(wrong === 0 ? ['nothing is wrong'] : []),
  ].join(', ');
}
