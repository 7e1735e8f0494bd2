import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { StorageError } from '../../../src/drivers/errors.js';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import { ciphertext } from '../../ciphertext.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../../world/mirror-in-process.js';

const guard: GuardRule = { count: 10, share: 1, atLeast: 0, windowMs: 3_600_000 };
const never = new AbortController().signal;
const names = (amount: number) =>
  Array.from({ length: amount }, (_, at) => `folder/f${String(at).padStart(2, '0')}`);

/** A mirror of some files in a folder and one outside of it, all mirrored. */
async function mirrored(amount = 30, options: FixtureOptions = {}): Promise<MirrorFixture> {
  const fixture = await openMirrorFixture({ mirror: { guard, ...options.mirror } });
  for (const name of names(amount)) fixture.write(name, `content of ${name}, ${'x'.repeat(300)}`);
  fixture.write('kept');
  await fixture.run('reconcile');
  return fixture;
}

async function hint({ mirror }: MirrorFixture, path: string): Promise<void> {
  await mirror.intake.hint(path);
  await mirror.pending.whenEmpty(never);
}

async function decide({ mirror }: MirrorFixture, decision: 'approve' | 'reject'): Promise<void> {
  const control = mirror.parts.guard;
  await control[decision]((await control.describe()).id);
}

describe('P4: after a lost state', () => {
  const sound = (name: string) => `content of ${name}, ${'x'.repeat(300)}`;

  async function put(
    { storage }: MirrorFixture,
    name: string,
    content: string | Buffer,
  ): Promise<void> {
    const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
    await storage.putObject(
      { container: 'c', key: `p/${name}` },
      bytesBody(Buffer.from(content)),
      options,
      { signal: never },
    );
  }

  /** A container with sound objects, and a source in which all their files look encrypted. */
  async function encrypted(): Promise<MirrorFixture> {
    const fixture = await openMirrorFixture({ mirror: { guard } });
    for (const name of names(30)) {
      await put(fixture, name, sound(name));
      fixture.write(name, ciphertext(400));
    }
    return fixture;
  }

  test('overwrites after a lost state: are held once many look encrypted, and released when the files are restored', async () => {
    const fixture = await encrypted();
    const { report } = await fixture.run('reconcile');
    expect(report).toMatchObject({ uploaded: 0, held: 30 }); // of no object it is known yet that it is the mirror's
    expect(fixture.mirror.status(null)).toMatchObject({ held: 30 });
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 0, held: 30 });
    expect((await fixture.run('reconcile')).report).toMatchObject({ uploaded: 0, held: 30 });
    for (const name of names(30)) fixture.write(name, sound(name));
    await fixture.run('scan');
    expect(fixture.mirror.status(null).held).toBe(0);
    expect(await fixture.objects()).toEqual(
      Object.fromEntries(names(30).map((name) => [`p/${name}`, sound(name)])),
    );
  });

  test('overwrites after a lost state: are made once they are approved', async () => {
    const fixture = await encrypted();
    await fixture.run('reconcile');
    await decide(fixture, 'approve');
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 30, held: 0 });
  });

  test('overwrites after a lost state: leave the objects after a rejection, even when the files go', async () => {
    const fixture = await encrypted();
    await fixture.run('reconcile');
    await decide(fixture, 'reject');
    expect((await fixture.run('reconcile')).report).toMatchObject({
      uploaded: 0,
      held: 0,
      skipped: 30,
    });
    const kept = Object.values(await fixture.objects()).filter((content) =>
      content.startsWith('content of'),
    );
    expect(kept).toHaveLength(30);
    fixture.remove('folder');
    fixture.write('other');
    await fixture.run('reconcile');
    const after = Object.values(await fixture.objects()).filter((content) =>
      content.startsWith('content of'),
    );
    expect(after).toHaveLength(30);
  });

  test('overwrites after a lost state: pass where the objects look encrypted, too', async () => {
    const fixture = await openMirrorFixture({ mirror: { guard } });
    for (const name of names(30)) {
      await put(fixture, name, ciphertext(400));
      fixture.write(name, ciphertext(400));
    }
    expect((await fixture.run('reconcile')).report).toMatchObject({ uploaded: 30, held: 0 });
  });
});

describe('P4: deletes', () => {
  test('deletes above the guard: are held before the first when a scan finds them; uploads go on', async () => {
    const fixture = await mirrored();
    fixture.remove('folder');
    fixture.write('new');
    const { report } = await fixture.run('scan');
    expect(report).toMatchObject({ deleted: 0, held: 30, uploaded: 1, failed: 0 });
    expect(Object.keys(await fixture.objects())).toHaveLength(32);
    expect(fixture.mirror.parts.index.count()).toBe(32);
    expect(fixture.mirror.status(null)).toMatchObject({
      held: 30,
      why: expect.stringContaining('held'),
    });
    expect(fixture.events.filter(({ event }) => event === 'held')).toHaveLength(30);
    // Again, and still: nothing of it becomes a delete by being found twice.
    expect((await fixture.run('reconcile')).report).toMatchObject({ deleted: 0, held: 30 });
  });

  test('deletes above the guard: pass up to the limit when they come one by one', async () => {
    const fixture = await mirrored();
    for (const name of names(15)) {
      fixture.remove(name);
      await hint(fixture, name);
    }
    expect(Object.keys(await fixture.objects())).toHaveLength(21);
    expect(fixture.mirror.status(null).held).toBe(5);
  });

  test('deletes above the guard: are made once they are approved, and only they', async () => {
    const fixture = await mirrored();
    fixture.remove('folder');
    await fixture.run('scan');
    await decide(fixture, 'approve');
    expect(fixture.mirror.status(null).held).toBe(0);
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 30, held: 0 });
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('deletes above the guard: are not made after a rejection, until the file is back and goes again', async () => {
    const fixture = await mirrored();
    const aside = join(fixture.mirror.settings.source, '..', 'aside');
    const folder = join(fixture.mirror.settings.source, 'folder');
    renameSync(folder, aside);
    await fixture.run('scan');
    await decide(fixture, 'reject');
    expect((await fixture.run('reconcile')).report).toMatchObject({
      deleted: 0,
      held: 0,
      skipped: 0,
    });
    expect(Object.keys(await fixture.objects())).toHaveLength(31);
    renameSync(aside, folder);
    await fixture.run('scan');
    fixture.remove('folder/f00');
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 1, held: 0 });
  });

  test('deletes above the guard: are dropped when the files are back, and nothing is sent again', async () => {
    const fixture = await mirrored();
    const aside = join(fixture.mirror.settings.source, '..', 'aside');
    const folder = join(fixture.mirror.settings.source, 'folder');
    renameSync(folder, aside);
    expect((await fixture.run('scan')).report).toMatchObject({ held: 30 });
    renameSync(aside, folder);
    expect((await fixture.run('scan')).report).toMatchObject({ held: 0, uploaded: 0, failed: 0 });
    expect(fixture.mirror.parts.guard.holding).toBeUndefined();
    expect(fixture.events.filter(({ event }) => event === 'guard')).toMatchObject([
      { holding: true },
      { holding: false },
    ]);
    fixture.remove('folder/f00');
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 1, held: 0 });
  });

  test('deletes above the guard: do not come from a renamed folder', async () => {
    const fixture = await mirrored();
    const { source } = fixture.mirror.settings;
    renameSync(join(source, 'folder'), join(source, 'renamed'));
    expect((await fixture.run('scan')).report).toMatchObject({ copied: 30, deleted: 30, held: 0 });
    // Nor when the copies are there already and only the deletes are left, as after a crash in between.
    const before = fixture.mirror.parts.index.get('renamed/f00');
    if (!before) throw new Error('the copy has no record');
    for (const name of names(30)) {
      const record = fixture.mirror.parts.index.get(name.replace('folder', 'renamed'));
      if (record) await fixture.mirror.parts.index.put(name, record);
    }
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 30, held: 0 });
  });

  test('deletes above the guard: of extraneous objects are held, approved and made as a set', async () => {
    const fixture = await openMirrorFixture({
      mirror: { guard, extraneous: 'delete' },
    });
    fixture.write('ours');
    await fixture.run('reconcile');
    const { index } = fixture.mirror.parts;
    for (const name of names(20)) fixture.write(name);
    await fixture.run('reconcile');
    for (const name of names(20)) await index.remove(name); // as if another program had put them there
    fixture.remove('folder');
    expect((await fixture.run('reconcile')).report).toMatchObject({ deleted: 0, held: 20 });
    expect(fixture.mirror.status(null).held).toBe(20);
    await decide(fixture, 'approve');
    expect((await fixture.run('reconcile')).report).toMatchObject({ deleted: 20, held: 0 });
    expect(await fixture.objects()).toEqual({ 'p/ours': 'ours' });
  });
});

describe('P4: overwrites', () => {
  const encrypt = (fixture: MirrorFixture, amount = 30) => {
    for (const name of names(amount)) fixture.write(name, ciphertext(400));
  };

  test('overwrites with encrypted content: are held above the guard, with all other changes that destroy', async () => {
    const fixture = await mirrored();
    encrypt(fixture);
    fixture.write('new', ciphertext(400));
    fixture.write('kept', 'changed as people change things');
    const { report } = await fixture.run('scan');
    expect(report).toMatchObject({ held: 20, uploaded: 12, failed: 0 });
    const sound = Object.values(await fixture.objects()).filter((content) =>
      content.startsWith('content of'),
    );
    expect(sound).toHaveLength(20);
    fixture.remove('kept');
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 0, held: 21 });
  });

  test('overwrites with encrypted content: do not count while they fail before anything was replaced', async () => {
    const fixture = await mirrored(30, { mirror: { deletes: 'trash' } });
    fixture.write('folder/f00', ciphertext(400));
    for (let attempt = 0; attempt < 3 * 4; attempt += 1)
      fixture.faults.next(
        'copyObject',
        new StorageError('503', { driver: 'memory', retry: 'backoff' }),
      );
    for (let run = 0; run < 3; run += 1)
      expect((await fixture.run('scan')).report).toMatchObject({ failed: 1, held: 0 });
    fixture.faults.assertUsedUp();
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 1, held: 0 });
  });

  test('overwrites with encrypted content: are made once they are approved', async () => {
    const fixture = await mirrored();
    encrypt(fixture);
    await fixture.run('scan');
    await decide(fixture, 'approve');
    expect((await fixture.run('scan')).report).toMatchObject({ held: 0, uploaded: 20 });
    expect(fixture.mirror.parts.index.get('folder/f29')).toMatchObject({
      state: 'confirmed',
      looks: 'random',
    });
    expect(fixture.mirror.parts.index.get('folder/f29')?.guarded).toBeUndefined();
  });

  test('overwrites with encrypted content: are not made after a rejection, until the files are sound again', async () => {
    const fixture = await mirrored();
    encrypt(fixture);
    await fixture.run('scan');
    await decide(fixture, 'reject');
    expect((await fixture.run('scan')).report).toMatchObject({ held: 0, uploaded: 0, skipped: 20 });
    fixture.write('folder/f29', 'restored, and sound');
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 1, skipped: 19 });
  });

  test('overwrites with encrypted content: pass where the content always looked encrypted', async () => {
    const fixture = await openMirrorFixture({ mirror: { guard } });
    for (const name of names(30)) fixture.write(name, ciphertext(400));
    await fixture.run('reconcile');
    for (const name of names(30)) fixture.write(name, ciphertext(500));
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 30, held: 0 });
  });

  test('overwrites with encrypted content: count when files are emptied', async () => {
    const fixture = await mirrored();
    for (const name of names(30)) fixture.write(name, '');
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 10, held: 20 });
  });

  test('overwrites with encrypted content: are detected by the beginning of a large file', async () => {
    const fixture = await openMirrorFixture({ mirror: { guard: { ...guard, count: 0 } } });
    const large = Buffer.alloc(1_500_000, 'sound ');
    fixture.write('grows', large);
    fixture.write('stays as long', large);
    await fixture.run('reconcile');
    fixture.write('grows', ciphertext(1_600_000));
    fixture.write('stays as long', ciphertext(1_500_000));
    expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 0, held: 2 });
  });
});
