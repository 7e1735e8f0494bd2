import { isoTime } from '../clock.js';
import type { Config } from '../config/config.js';
import type { Backend } from '../drivers/backend.js';
import type { TrialResult } from '../drivers/trial/trial.js';
import { bytes, counted } from '../status/units.js';
import { findInventory } from '../sync/inventory/find-inventory.js';
import { InventoryProblem } from '../sync/inventory/inventory-error.js';
import type { Io } from './io.js';

const HOUR_MS = 3_600_000;

/**
 * Whether the inventories are there that the mirrors of a container use, and how old they are: a result for each. Rejects as the
 * driver does when the target is down.
 */
export async function probeInventories(
  { mirrors }: Pick<Config, 'mirrors'>,
  { target, container }: { readonly target: string; readonly container: string },
  backend: Backend,
  { clock }: Pick<Io, 'clock'>,
  signal: AbortSignal,
): Promise<readonly TrialResult[]> {
  const results: TrialResult[] = [];
  for (const { name, inventory, ...mirror } of mirrors) {
    if (inventory === undefined || mirror.target !== target || mirror.container !== container)
      continue;
    const trial = {
      kind: 'capability',
      id: `inventory:${name}`,
      title: `reconciles of ${name} learn from inventory ${inventory.id} what the container holds`,
    } as const;
    try {
      const found = await findInventory(backend, container, inventory, clock.now(), { signal });
      const size = found.files.reduce((sum, file) => sum + file.size, 0);
      const note = `of ${isoTime(found.createdAtMs)}, ${Math.floor(found.ageMs / HOUR_MS)} hours old, ${bytes(size)} in ${counted(found.files.length, 'file')}`;
      results.push({
        ...trial,
        verdict: 'passed',
        problems: [],
        notes: [note],
        meaning: undefined,
      });
    } catch (error) {
      signal.throwIfAborted();
      const meaning =
        inventory.otherwise === 'list'
          ? 'reconciles list the container itself'
          : 'reconciles fail until there is one';
      const problem =
        error instanceof InventoryProblem ? error.message : `it cannot be read: ${textOf(error)}`;
      results.push({ ...trial, verdict: 'failed', problems: [problem], notes: [], meaning });
    }
  }
  return results;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
