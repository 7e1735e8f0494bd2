import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOnce } from '../../src/daemon.js';
import type { SyncEvent } from '../../src/sync/events.js';
import { type Console, openConsole, report, result, writeConfig } from './console.js';
import { engine, failed, planned, skipped } from './scripted-once.js';

let console: Console;
beforeEach(() => {
  console = openConsole();
  writeConfig(console.folder);
});
afterEach(() => console.remove());

describe('the output of a one-shot run', () => {
  it('P8: a one-shot run prints problems with their reasons, the first of them by name', async () => {
    const events = [
      ...Array.from({ length: 30 }, (_, i) => failed(`file-${i}`, null)),
      skipped('sock', 'special-file'),
    ];
    expect(await console.run(['scan'], engine([result('documents', { failed: 30 })], events))).toBe(
      3,
    );
    const printed = console.stderr.text();
    expect(printed).toContain('documents: file-0: upload_object: disk on fire\n');
    expect(printed).not.toMatch(/^documents: file-20: /m);
    expect(printed).toContain('documents: … and 10 more');
    expect(printed).toContain('left as they are: 1 socket, pipe or device');
  });

  it('--json prints events and last a summary for each mirror, with fixed keys', async () => {
    const events: SyncEvent[] = [
      failed('a\u0007', null),
      {
        mirror: 'documents',
        event: 'progress',
        progress: { scanned: 1, jobsDue: 1, jobsDone: 0, bytesDue: 1, bytesDone: 0 },
      },
      skipped('x', 'link-skipped'),
    ];
    const counts = {
      scanned: 9,
      uploaded: 1,
      copied: 2,
      deleted: 3,
      adopted: 4,
      refreshed: 11,
      unchanged: 5,
      failed: 6,
      skipped: 7,
      held: 8,
      kept: 9,
      bytes: 10,
      seconds: 1.5,
    };
    const results = [
      result('documents', counts),
      result('photos', {}, { error: new Error('gone') }),
    ];
    expect(await console.run(['reconcile', '--json'], engine(results, events))).toBe(1);
    const lines = console.stdout
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ event }) => event)).toEqual(['failed', 'skipped', 'summary', 'summary']);
    expect(lines[2]).toEqual({ event: 'summary', mirror: 'documents', ...counts, complete: true });
    expect(lines[3]).toMatchObject({ event: 'summary', mirror: 'photos', error: 'gone' });
  });

  it('P8: goes on when the reader of its output goes away', async () => {
    console.stdout.on('error', () => {});
    console.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    let worked = false;
    const runOnce: RunOnce = async (_, __, { telemetry }) => {
      telemetry.emit(planned('upload_object', 'a'));
      worked = true;
      return [result('documents', { failed: 1 })];
    };
    expect(await console.run(['reconcile', '--json'], { runOnce })).toBe(3);
    expect(worked).toBe(true);
  });

  it('shows progress on a terminal, and removes it', async () => {
    const terminal = openConsole({ isTTY: true });
    writeConfig(terminal.folder);
    const progress = { scanned: 1234, jobsDue: 10, jobsDone: 4, bytesDue: 2048, bytesDone: 1024 };
    const runOnce: RunOnce = async (_, __, { log, telemetry }) => {
      telemetry.emit({ mirror: 'documents', event: 'progress', progress });
      await expect
        .poll(() => terminal.stderr.text())
        .toContain('documents: 4 of 10 changes · 1.0 KiB of 2.0 KiB · 1,234 scanned');
      log.warn('something to see', { name: 'a' });
      await expect
        .poll(() => terminal.stderr.text())
        .toMatch(/\r\x1b\[K[^\r]*warn something to see name=a\n/);
      return [result('documents')];
    };
    expect(await terminal.run(['reconcile'], { runOnce })).toBe(0);
    expect(terminal.stderr.text()).toMatch(/(\r\x1b\[K|\n)$/);
    terminal.remove();
  });

  it('writes log lines instead of progress where there is no terminal', async () => {
    const events: SyncEvent[] = [
      { mirror: 'documents', event: 'run-started', run: 'scan', why: 'asked for' },
      {
        mirror: 'documents',
        event: 'run-finished',
        run: 'scan',
        report: report({ scanned: 3 }),
        complete: true,
      },
    ];
    expect(await console.run(['scan'], engine([result('documents')], events))).toBe(0);
    expect(console.stderr.text()).toMatch(
      /info run started mirror=documents run=scan why="asked for"\n/,
    );
    expect(console.stderr.text()).toMatch(
      /info run finished mirror=documents run=scan complete=true .*scanned=3/,
    );
    expect(console.stderr.text()).not.toContain('\x1b');
  });
});
