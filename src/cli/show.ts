import { isoTime } from '../clock.js';
import { escapeUnprintable, printable } from '../printable.js';
import type { ChangesAnswer, QuarantinedAnswer, QueueAnswer } from '../status/schema-mirror.js';
import type { TargetsAnswer } from '../status/schema-targets.js';
import { table } from '../status/table.js';
import { bytes, count, counted, duration } from '../status/units.js';
import { type AskingCommand, withDaemon } from './ask.js';
import type { Io } from './io.js';
import { checkMirrorNames } from './open-config.js';

export interface ShowCommand {
  readonly what: 'queue' | 'quarantined' | 'changes' | 'targets';
  /** A mirror, or a target. */
  readonly of: string | undefined;
  readonly json: boolean;
}

/** `longshore queue`, `quarantined`, `changes` and `targets`: answers of the control API, for people or as JSON. */
export function show(
  configFile: string | undefined,
  { what, of, json }: ShowCommand,
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async (command) => {
    const { config, output } = command;
    if (what !== 'targets' && of !== undefined) checkMirrorNames(config, [of]);
    const mirrors = of === undefined ? config.mirrors.map(({ name }) => name) : [of];
    switch (what) {
      case 'queue':
      case 'quarantined':
        for (const mirror of mirrors) {
          const answer = await command.get(`/mirrors/${encodeURIComponent(mirror)}/${what}`);
          if (json) output.json({ mirror, ...(answer as object) });
          else if (what === 'queue') showQueue(mirror, answer as QueueAnswer, command);
          else showQuarantined(mirror, answer as QuarantinedAnswer, command);
        }
        return;
      case 'changes': {
        const answer = (await command.get('/changes', { mirror: of })) as ChangesAnswer;
        if (json) output.json(answer);
        else showChanges(answer, command);
        return;
      }
      case 'targets': {
        const { targets } = (await command.get('/targets')) as TargetsAnswer;
        const wanted = targets.filter(({ target }) => of === undefined || target === of);
        if (json) output.json({ targets: wanted });
        else showTargets(wanted, command);
        return;
      }
    }
  });
}

function showQueue(mirror: string, answer: QueueAnswer, { output }: AskingCommand): void {
  const { queued, bytes: size, byJob, next } = answer;
  if (queued === 0) {
    output.line(`${printable(mirror)}: nothing waits`);
    return;
  }
  output.line(
    `${printable(mirror)}: ${counted(queued, 'object waits', 'objects wait')} (${bytes(size)})`,
  );
  for (const [job, amount] of Object.entries(byJob)) output.line(`  ${count(amount)} ${job}`);
  for (const name of next) output.line(`  next  ${printable(name)}`);
}

function showQuarantined(
  mirror: string,
  { objects, more }: QuarantinedAnswer,
  { output, io }: AskingCommand,
): void {
  if (objects.length === 0) {
    output.line(`${printable(mirror)}: no object is quarantined`);
    return;
  }
  const nowMs = io.clock.now();
  for (const { name, class: kind, error, advice, attempts, sinceMs, nextTryMs } of objects) {
    const age = duration((nowMs - sinceMs) / 1000);
    const next = nextTryMs === null ? 'by a scan' : `in ${duration((nextTryMs - nowMs) / 1000)}`;
    output.line(
      `${printable(mirror)}: ${printable(name)}: ${kind}, ${counted(attempts, 'attempt')} in ${age}`,
    );
    output.line(`  ${escapeUnprintable(error)}`);
    output.line(`  ${advice} The next try comes ${next}; at once: longshore retry`);
  }
  if (more) output.line('… and more: --json has them all');
}

function showChanges({ changes }: ChangesAnswer, { output }: AskingCommand): void {
  if (changes.length === 0) {
    output.line('no change since the daemon started');
    return;
  }
  for (const { atMs, mirror, job, outcome, name, bytes: size, seconds, error } of changes) {
    const what =
      outcome === 'done'
        ? `${job} ${bytes(size)} in ${duration(seconds)}`
        : `${job} failed: ${error ?? ''}`;
    output.line(
      `${isoTime(atMs)}  ${printable(mirror)}: ${printable(name)}  ${escapeUnprintable(what)}`,
    );
  }
}

function showTargets(targets: TargetsAnswer['targets'], { output }: AskingCommand): void {
  const head = [
    'TARGET',
    'STATE',
    'CONTENT/S',
    'REQUESTS/S',
    'P50',
    'P99',
    'FAILED/MIN',
    'THROTTLED/MIN',
  ];
  const rows = targets.map(
    ({ target, state, bytesPerSecond, requestsPerSecond, latencySeconds, ...rest }) => [
      printable(target),
      state,
      bytes(bytesPerSecond),
      String(requestsPerSecond),
      milliseconds(latencySeconds?.p50),
      milliseconds(latencySeconds?.p99),
      count(rest.failedPerMinute),
      count(rest.throttledPerMinute),
    ],
  );
  output.lines(table([head, ...rows]));
  for (const { target, why, errors24h, month } of targets) {
    if (why !== '') output.line(`${printable(target)}: ${escapeUnprintable(why)}`);
    const errors = countsText(errors24h);
    if (errors !== '') output.line(`${printable(target)}: errors in 24 h: ${errors}`);
    const requests = month === null ? '' : countsText(month.requests);
    if (month !== null && requests !== '')
      output.line(
        `${printable(target)}: requests in ${month.month}: ${requests}; sent ${bytes(month.sentBytes)}, received ${bytes(month.receivedBytes)}`,
      );
  }
}

/** `61,204 put, 4,120 list`, the most first; empty: there are none. */
function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, amount]) => amount > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, amount]) => `${count(amount)} ${name}`)
    .join(', ');
}

function milliseconds(seconds: number | undefined): string {
  return seconds === undefined ? '–' : `${Math.round(seconds * 1000)} ms`;
}
