import { systemClock } from '../../src/clock.js';
import { openState } from '../../src/state/open-state.js';

/** What the program prints: one line of JSON. */
export type Opening =
  | { readonly records: number; readonly rebuilt: string | undefined }
  | { readonly error: string };

/** Opens the state of mirror "documents" in the folder that its argument names. */
const [, , folder = ''] = process.argv;
process.stdout.write(`${JSON.stringify(await opening())}\n`);
process.exit(0);

async function opening(): Promise<Opening> {
  try {
    const state = await openState({
      folder,
      mirrors: [{ name: 'documents', engine: 'lmdb' }],
      clock: systemClock,
    });
    const mirror = state.mirrors.get('documents');
    const opened = { records: mirror?.index.count() ?? 0, rebuilt: mirror?.rebuilt };
    await state.close();
    return opened;
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` };
  }
}
