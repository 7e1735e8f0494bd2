import { StateDamagedError, StateNewerError } from './errors.js';

type Fields = Readonly<Record<string, unknown>>;

export interface Versions {
  readonly current: number;
  /** By version n: how a document of version n becomes one of n + 1. */
  readonly steps: Readonly<Record<number, (document: Fields) => Fields>>;
}

/**
 * A stored document, brought step by step to the version that this program knows.
 *
 * @throws StateNewerError for a document of a newer program; StateDamagedError for one without a version, or of a
 *   version from which no step leads here.
 */
export function upgrade(document: unknown, file: string, { current, steps }: Versions): Fields {
  if (typeof document !== 'object' || document === null)
    throw new StateDamagedError(file, 'is not a JSON object');
  let fields: Fields = { ...document };
  const { version: found } = fields;
  if (typeof found !== 'number') throw new StateDamagedError(file, 'does not say its version');
  if (found > current) throw new StateNewerError(file, found, current);
  for (let version = found; version < current; version++) {
    const step = steps[version];
    if (step === undefined)
      throw new StateDamagedError(
        file,
        `is of version ${found}, from which no step leads to version ${current}`,
      );
    fields = { ...step(fields), version: version + 1 };
  }
  return fields;
}
