import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOnce } from '../../src/daemon.js';
import { CONFIG, type Console, openConsole, result, writeConfig } from './console.js';
import { engine, failed, planned, skipped } from './scripted-once.js';

let console: Console;
beforeEach(() => {
  console = openConsole();
  writeConfig(console.folder);
});
afterEach(() => console.remove());

describe('one-shot runs', () => {
  it('in sync: one line a mirror, exit code 0', async () => {
    const synced = result('documents', {
      scanned: 12345,
      uploaded: 2,
      bytes: 3 * 1024 * 1024,
      unchanged: 12343,
      seconds: 2,
    });
    const { runOnce, asked } = engine([synced, result('photos', { scanned: 1, unchanged: 1 })]);
    expect(await console.run(['reconcile'], { runOnce })).toBe(0);
    expect(asked).toMatchObject([{ run: 'reconcile', mirrors: [], dryRun: false }]);
    const lines = console.stdout.text().split('\n');
    expect(lines[0]).toMatch(
      /^documents: 2 uploaded \(3\.0 MiB\), 12,343 unchanged; 12,345 files in 2 s$/,
    );
    expect(lines[1]).toMatch(/^photos: 1 unchanged; 1 file in /);
    expect(console.stderr.text()).toBe('');
    expect(console.listens()).toBe(false);
  });

  it.each([
    [['--reconcile'], { run: 'reconcile', mirrors: [], dryRun: false }],
    [
      ['--reconcile', 'photos', '--dry-run'],
      { run: 'reconcile', mirrors: ['photos'], dryRun: true },
    ],
    [
      ['--dry-run', '--reconcile', 'photos'],
      { run: 'reconcile', mirrors: ['photos'], dryRun: true },
    ],
    [['--reconcile=photos'], { run: 'reconcile', mirrors: ['photos'] }],
    [
      ['-c', 'longshore.yaml', '--reconcile', 'photos', 'documents'],
      { run: 'reconcile', mirrors: ['photos', 'documents'] },
    ],
    [['reconcile', '-c', 'longshore.yaml', '-n'], { run: 'reconcile', mirrors: [], dryRun: true }],
    [['scan', 'photos'], { run: 'scan', mirrors: ['photos'], dryRun: false }],
  ])('%j asks for %j', async (argv, expected) => {
    const { runOnce, asked } = engine([]);
    expect(await console.run(argv, { runOnce })).toBe(0);
    expect(asked).toMatchObject([expected]);
  });

  it.each([
    ['an object failed', [result('documents', { failed: 1 })], [], 3],
    [
      'a part of the source could not be read',
      [result('documents', {}, { complete: false })],
      [],
      3,
    ],
    [
      'a file could not be read',
      [result('documents', { skipped: 1 })],
      [skipped('x', 'unreadable')],
      3,
    ],
    [
      'an object was not to be overwritten',
      [result('documents', { skipped: 1 })],
      [skipped('x', 'overwrite-refused')],
      3,
    ],
    [
      'links and sockets were skipped',
      [result('documents', { skipped: 3 }, { complete: false })],
      [skipped('x', 'link-skipped'), skipped('y', 'special-file'), skipped('z', 'extraneous')],
      0,
    ],
    [
      'a job failed once and then succeeded',
      [result('documents', { uploaded: 1 })],
      [failed('x', 100)],
      0,
    ],
    ['deletes are held', [result('documents', { held: 5 })], [], 4],
    ['deletes are held and an object failed', [result('documents', { held: 5, failed: 1 })], [], 3],
    [
      'a mirror could not run',
      [
        result('documents', { failed: 1 }, { error: new Error('source is missing') }),
        result('photos'),
      ],
      [],
      1,
    ],
  ])('when %s, the exit code says so', async (_, results, events, code) => {
    expect(await console.run(['reconcile'], engine(results, events))).toBe(code);
  });

  it('a dry run prints its plan, and exits 5 when the container would change', async () => {
    const due = engine(
      [result('documents')],
      [
        planned('upload_object', 'a\u001b[31m.txt'),
        planned('delete_object', 'b'),
        planned('adopt', 'c'),
      ],
    );
    expect(await console.run(['reconcile', '--dry-run'], due)).toBe(5);
    const text = console.stdout.text();
    expect(text).toContain('documents: upload_object "a\\u001b[31m.txt" (2.0 KiB, new)\n');
    expect(text).toContain('documents: delete_object b (new)\n');
    expect(text).toMatch(/documents: 1 to upload \(2\.0 KiB\), 1 to delete, 0 unchanged/);
    expect(
      await console.run(
        ['reconcile', '-n'],
        engine([result('documents')], [planned('adopt', 'c')]),
      ),
    ).toBe(0);
  });

  it('refuses mirrors that the configuration does not have, before any work', async () => {
    const { runOnce, asked } = engine([]);
    expect(await console.run(['reconcile', 'fotos', 'x'], { runOnce })).toBe(2);
    expect(asked).toEqual([]);
    expect(console.stderr.text()).toContain('no mirror is called "fotos"; did you mean "photos"?');
    expect(console.stderr.text()).toContain('mirrors: documents, photos');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s drains, a second one interrupts, and the exit code is that of the signal',
    async (name, code) => {
      const steps: string[] = [];
      const runOnce: RunOnce = async (_, __, ___, { drain, interrupt }) => {
        console.signal(name);
        steps.push(`drain ${drain.aborted} interrupt ${interrupt.aborted}`);
        console.signal(name);
        steps.push(`drain ${drain.aborted} interrupt ${interrupt.aborted}`);
        expect(console.listens()).toBe(false); // a third one ends the process
        return [result('documents', { uploaded: 1 })];
      };
      expect(await console.run(['reconcile'], { runOnce })).toBe(code);
      expect(steps).toEqual(['drain true interrupt false', 'drain true interrupt true']);
      expect(console.stdout.text()).toContain('1 uploaded');
    },
  );

  it('interrupts when the drain time is over', async () => {
    writeConfig(console.folder, `drain: 20ms\n${CONFIG}`);
    const runOnce: RunOnce = async (_, __, ___, { interrupt }) => {
      console.signal('SIGTERM');
      await new Promise((resolve) => interrupt.addEventListener('abort', resolve));
      throw interrupt.reason;
    };
    expect(await console.run(['reconcile'], { runOnce })).toBe(143);
  });
});
