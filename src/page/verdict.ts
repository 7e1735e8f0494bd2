import { count, counted, duration } from '../status/units.js';
import type { ApiStatus, MirrorSummary } from './api.js';
import { type Shown, shownOf, worstFirst } from './states.js';
import { momentOf } from './times.js';

/** The answer of the first second: is something wrong, and must a person do something? */
export interface Verdict {
  /** The worst state, for its shape and colour. */
  readonly shown: Pick<Shown, 'icon' | 'tone'>;
  readonly claim: string;
  /** What it asks of the reader; empty: of a stale page nothing can be said. */
  readonly need: string;
  readonly sub: string;
  readonly command?: string;
}

/** What is known of the page's own connection. */
export interface Freshness {
  readonly nowMs: number;
  readonly zone: string;
  /** When the last byte came, where nothing has come for too long. */
  readonly staleSinceMs: number | null;
}

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** `two`, `ten`, `11`. */
export function inWords(amount: number): string {
  return WORDS[amount] ?? count(amount);
}

/** The headline, never claiming more than is known: the recovery point is the oldest of all mirrors. */
export function verdictOf(status: ApiStatus, { nowMs, zone, staleSinceMs }: Freshness): Verdict {
  const { mirrors, currentToMs } = status;
  const container = mirrors.length === 1 ? 'container' : 'containers';
  const unknown = { icon: 'start', tone: 'stop' } as const;
  if (mirrors.length === 0)
    return {
      shown: unknown,
      claim: 'longshore mirrors nothing yet.',
      need: '',
      sub: 'The configuration has no mirror. Add one below "mirrors", then restart longshore.',
      command: 'longshore check',
    };
  if (staleSinceMs !== null) {
    const at = momentOf(staleSinceMs, nowMs, zone);
    return {
      shown: unknown,
      claim:
        currentToMs === null
          ? `At ${at}, it was not known what was in the ${container}.`
          : `At ${at}, everything up to ${momentOf(currentToMs, nowMs, zone)} was in the ${container}.`,
      need: '',
      sub: `longshore does not answer, so nothing newer can be said. On ${status.host}:`,
      command: 'systemctl status longshore',
    };
  }
  const need = needOf(status);
  if (currentToMs === null) return { shown: unknown, ...comparing(mirrors, container), need };
  return {
    shown: worstFirst(mirrors).map(shownOf)[0] ?? unknown,
    claim: `Everything up to ${momentOf(currentToMs, nowMs, zone)} is in the ${container}.`,
    need,
    sub: subOf(mirrors, nowMs, zone),
  };
}

function comparing(mirrors: readonly MirrorSummary[], container: string) {
  const unknown = mirrors.filter(({ currentToMs }) => currentToMs === null);
  const claim =
    unknown.length === mirrors.length
      ? `longshore is comparing: what is in the ${container} is not known yet.`
      : `longshore is comparing ${listed(unknown.map(({ mirror }) => mirror))}: not all of what is in the ${container} is known yet.`;
  return {
    claim,
    sub: 'Changes are noticed already. Nothing is deleted before the first scan has finished.',
  };
}

function needOf({ attention, mirrors }: ApiStatus): string {
  const items = attention.filter(({ needsYou }) => needsYou);
  if (items.length === 0) return 'Nothing needs you.';
  const named = new Set(
    items.flatMap(({ mirror, target }) =>
      typeof mirror === 'string'
        ? [mirror]
        : mirrors.filter((one) => one.target === target).map((one) => one.mirror),
    ),
  );
  if (named.size === 0)
    return items.length === 1
      ? 'One thing needs you.'
      : `${capital(inWords(items.length))} things need you.`;
  const verb = named.size === 1 ? 'needs' : 'need';
  if (mirrors.length === 1) return 'It needs you.';
  return `${capital(inWords(named.size))} of ${inWords(mirrors.length)} mirrors ${verb} you.`;
}

function subOf(mirrors: readonly MirrorSummary[], nowMs: number, zone: string): string {
  const late = mirrors.filter((mirror) => shownOf(mirror).word === 'Behind');
  const behind = mirrors.reduce((most, mirror) =>
    (mirror.lagSeconds ?? 0) > (most.lagSeconds ?? 0) ? mirror : most,
  );
  const queued = sum(mirrors, (mirror) => mirror.queued);
  const held = sum(mirrors, (mirror) => mirror.held);
  const isBehind = late.length > 0 || (behind.lagSeconds ?? 0) > 60;
  return [
    ...(isBehind
      ? [furthest(mirrors, behind, nowMs, zone)]
      : [
          `${capital(counted(mirrors.length, 'mirror'))}, ${counted(
            sum(mirrors, (one) => one.objects),
            'object',
          )}.`,
        ]),
    ...(queued === 0
      ? []
      : [`${counted(queued, 'change')} ${queued === 1 ? 'waits' : 'wait'} to be sent.`]),
    ...(held === 0
      ? []
      : [`${count(held)} ${held === 1 ? 'is' : 'are'} held for a person’s decision.`]),
  ].join(' ');
}

function furthest(
  mirrors: readonly MirrorSummary[],
  behind: MirrorSummary,
  nowMs: number,
  zone: string,
): string {
  const others = mirrors.filter(
    ({ mirror, lagSeconds }) => mirror !== behind.mirror && lagSeconds !== null && lagSeconds <= 60,
  );
  const oldest = Math.min(...others.map(({ currentToMs }) => currentToMs ?? nowMs));
  const first = `${behind.mirror} is furthest behind, by ${duration(behind.lagSeconds ?? 0)}.`;
  if (mirrors.length === 1) return `It is ${duration(behind.lagSeconds ?? 0)} behind.`;
  if (others.length === 0) return first;
  const names = listed(others.map(({ mirror }) => mirror));
  return `${first} ${names} ${others.length === 1 ? 'is' : 'are'} current to ${momentOf(oldest, nowMs, zone)}.`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[]): string {
  if (names.length <= 1) return names[0] ?? '';
  if (names.length <= 3) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

/** The title of the browser's tab: what matters comes first. */
export function titleOf(status: ApiStatus, stale: boolean): string {
  const needed = status.attention.filter(({ needsYou }) => needsYou).length;
  const known = status.currentToMs !== null;
  const word = stale
    ? '? No answer'
    : needed > 0
      ? `▲ ${needed} ${needed === 1 ? 'needs' : 'need'} you`
      : known
        ? '✓ Nothing needs you'
        : '… Starting';
  return `${word} · longshore on ${status.host}`;
}

function sum(mirrors: readonly MirrorSummary[], of: (mirror: MirrorSummary) => number): number {
  return mirrors.reduce((total, mirror) => total + of(mirror), 0);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
