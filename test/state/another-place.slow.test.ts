import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { openState } from '../../src/state/open-state.js';
import { documents, filled, opened } from './filled-state.js';

const elsewhereIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.includes('.elsewhere-'));

describe.each(['lmdb', 'lowdb'] as const)(
  'the records of another place, with engine %s',
  (engine) => {
    test('P4: are set aside once the configuration names another one, and nothing counts as reconciled', async () => {
      const { folder, mirror } = await filled(engine);
      const first = await opened(folder, engine, { place: 'local /a, docs/' });
      expect(documents(first).rebuilt).toBeUndefined(); // of a state from before places were noted
      expect(documents(first).index.count()).toBe(3_000);
      await documents(first).ledger.update((document) => ({
        ...document,
        unfinishedUploads: {
          part: {
            partSize: 1,
            source: { size: 1, mtimeNs: '1', ctimeNs: '1', inode: '1' },
            beganAtMs: 1,
          },
        },
      }));
      await first.close();

      const moved = await opened(folder, engine, { place: 'local /a, other/' });
      const { index, ledger, rebuilt } = documents(moved);
      expect(rebuilt).toMatch(
        /^documents: until now its objects went to local \/a, docs\/, and from now on to local \/a, other\/: .*; kept as .*\.elsewhere-\d{8}T\d{6}Z$/,
      );
      expect(index.count()).toBe(0);
      expect(ledger.read()).toMatchObject({
        reconciled: false,
        place: 'local /a, other/',
        source: { inode: '2' },
        unfinishedUploads: {},
      });
      await moved.close();
      expect(await elsewhereIn(mirror)).toHaveLength(1);

      const again = await opened(folder, engine, { place: 'local /a, other/' });
      expect(documents(again).rebuilt).toBeUndefined();
      await again.close();
    });

    test('stay when the opening names no place', async () => {
      const { folder } = await filled(engine);
      await (await opened(folder, engine, { place: 'local /a, docs/' })).close();
      const state = await opened(folder, engine);
      expect(documents(state).index.count()).toBe(3_000);
      expect(documents(state).ledger.read()).toMatchObject({
        reconciled: true,
        place: 'local /a, docs/',
      });
      await state.close();
    });

    test('P4: are set aside when their ledger is that of another mirror', async () => {
      const { folder, mirror } = await filled(engine);
      const others = join(folder, 'mirrors', 'others');
      await cp(mirror, others, { recursive: true });
      const state = await openState({
        folder,
        mirrors: [{ name: 'others', engine }],
        clock: systemClock,
      });
      const store = state.mirrors.get('others');
      expect(store?.rebuilt).toMatch(
        /^others: .*is the ledger of mirror "documents", not of "others"; kept as /,
      );
      expect(store?.index.count()).toBe(0);
      expect(store?.ledger.read().reconciled).toBe(false);
      await state.close();
      expect(await elsewhereIn(others)).toHaveLength(1);
    });
  },
);
