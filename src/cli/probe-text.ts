import type { Capabilities } from '../drivers/capabilities.js';
import type { TrialResult } from '../drivers/trial/trial.js';
import { escapeUnprintable, printable } from '../printable.js';
import { bytes, count } from '../status/units.js';

/** What was tried, and where. */
export interface Probed {
  readonly target: string;
  readonly driver: string;
  /** What its driver detected, such as the S3 provider; undefined: nothing. */
  readonly found: string | undefined;
  readonly container: string;
  readonly prefix: string;
  readonly capabilities: Capabilities;
}

/** Prints a probe while it runs. */
export interface ProbeText {
  begin(probed: Probed): void;
  result(result: TrialResult): void;
  /** Called even when the trials were stopped. */
  cleaned(probed: Probed, left: readonly string[]): void;
  end(probed: Probed, results: readonly TrialResult[], left: readonly string[]): void;
}

const WORDS = { passed: 'ok', failed: 'FAILED', absent: 'none' } as const;
/** More of one kind say no more. */
const SHOWN = 10;

/** For people: a line for each trial, and below it what was seen and what it means. */
export function probeAsText(line: (text: string) => void): ProbeText {
  const below = (text: string) => line(`            ${escapeUnprintable(text)}`);
  let kind: TrialResult['kind'] | undefined;
  return {
    begin({ target, driver, found, container, prefix }) {
      const which = found === undefined ? '' : `, found to be ${printable(found)}`;
      line(
        `target ${target} (driver ${driver}${which}), container ${printable(container)}, below ${printable(prefix)}`,
      );
    },
    result({ kind: of, id, title, verdict, problems, notes, meaning }) {
      if (of !== kind) line(of === 'guarantee' ? 'guarantees' : 'capabilities');
      kind = of;
      const noted = notes.length === 0 || of === 'guarantee' ? '' : ` (${notes.join('; ')})`;
      line(`  ${WORDS[verdict].padEnd(6)}  ${id}: ${title}${noted}`);
      if (of === 'guarantee') notes.forEach(below);
      problems.slice(0, SHOWN).forEach(below);
      if (problems.length > SHOWN) below(`and ${problems.length - SHOWN} more`);
      if (meaning !== undefined) below(verdict === 'failed' ? `That means: ${meaning}` : meaning);
    },
    cleaned(_, left) {
      if (left.length === 0) return line('everything that was put there has been removed');
      line('these are left and should be removed by hand:');
      left.slice(0, SHOWN).forEach(below);
      if (left.length > SHOWN) below(`and ${left.length - SHOWN} more`);
    },
    end({ target, capabilities }, results) {
      const { maxPutSize, maxObjectSize, maxKeyBytes } = capabilities.limits;
      const order = capabilities.listingOrder === 'utf8' ? 'in UTF-8 order' : 'in any order';
      line(
        `limits: ${bytes(maxPutSize)} in one put, ${bytes(maxObjectSize)} an object, ${count(maxKeyBytes)} bytes a name; listings ${order}; ${capabilities.concurrency} puts at once by default`,
      );
      const broken = results
        .filter(({ kind: of, verdict }) => of === 'guarantee' && verdict === 'failed')
        .map(({ id }) => id);
      line(
        broken.length === 0
          ? `${target} gives all six guarantees`
          : `${target} does not give ${broken.join(', ')}`,
      );
    },
  };
}

/** One JSON object per line: each trial, and a summary at the end. */
export function probeAsJson(json: (value: unknown) => void): ProbeText {
  return {
    begin: () => {},
    result: (result) => json({ event: 'trial', ...result }),
    cleaned: (_, left) => json({ event: 'cleaned', left }),
    end({ target, driver, found, container, prefix, capabilities }, results, left) {
      const { checksums, preconditions, limits, listingOrder, listingHas, concurrency } =
        capabilities;
      const has = Object.fromEntries(
        (['copy', 'batchPut', 'batchDelete', 'multipart', 'cdn', 'versions'] as const).map(
          (name) => [name, capabilities[name] !== undefined],
        ),
      );
      const verdicts = (wanted: TrialResult['verdict']) =>
        results.filter(({ verdict }) => verdict === wanted).map(({ id }) => id);
      json({
        event: 'summary',
        target,
        driver,
        ...(found !== undefined && { found }),
        container,
        prefix,
        passed: verdicts('passed'),
        failed: verdicts('failed'),
        absent: verdicts('absent'),
        left: left.length,
        capabilities: {
          checksums,
          preconditions,
          limits,
          listingOrder,
          listingHas,
          concurrency,
          ...has,
        },
      });
    },
  };
}
