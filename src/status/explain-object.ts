import type { ObjectRecord } from '../state/object-index.js';
import type { Decision } from '../sync/decide.js';
import type { MirrorStatus } from '../sync/events.js';
import type { DecidingRule } from '../watcher/deciding-rule.js';
import { adviceOn } from './advice.js';
import { historyStep, storedSteps } from './explained-past.js';
import type { HistoryEntry } from './object-history.js';
import type { WhyStep } from './schema-why.js';
import { bytes, duration } from './units.js';

/** What a mirror knows of one object. */
export interface ExplainedObject {
  readonly rule: DecidingRule | undefined;
  /** Where the rule stands, for people: file and line, or the setting. */
  readonly ruleAt: string | undefined;
  readonly disk: OnDisk;
  readonly record: ObjectRecord | undefined;
  readonly decision: Decision;
}

/** What is at the path of an object. */
export type OnDisk =
  | {
      readonly found: 'entry';
      readonly entry: { readonly kind: string; readonly size: number; readonly mtimeNs: bigint };
    }
  | { readonly found: 'folder' | 'nothing' | 'excluded' }
  | { readonly found: 'unknown'; readonly reason: string; readonly detail: string };

/** What a running daemon knows besides. */
export interface ObjectLife {
  readonly history: readonly HistoryEntry[];
  /** When its change was seen that waits or is worked on; null: at an unknown time. Undefined: nothing waits. */
  readonly pendingSinceMs: number | null | undefined;
  readonly isRunning: boolean;
  readonly quarantined: MirrorStatus['quarantined'][number] | undefined;
  readonly mirror: Pick<MirrorStatus, 'state' | 'why' | 'heldWhy' | 'heldSinceMs'>;
  readonly pausedUntilMs: number | null;
}

/** Pure: the story of an object, in the order in which it happened, and what comes next. `life` undefined: no daemon runs. */
export function explainObject(
  object: ExplainedObject,
  life: ObjectLife | undefined,
  nowMs: number,
): readonly WhyStep[] {
  return [
    ruleStep(object),
    diskStep(object.disk),
    ...storedSteps(object.record),
    ...(life?.history ?? []).map(historyStep),
    ...lifeSteps(object, life),
    { step: 'next', atMs: null, text: nextText(object, life, nowMs) },
  ];
}

function ruleStep({ rule, ruleAt }: ExplainedObject): WhyStep {
  const base = { step: 'rule', atMs: null } as const;
  if (rule === undefined)
    return { ...base, text: 'this is no path that a file can have, so no rule is asked' };
  const { excludes, pattern, place, path } = rule;
  const about = path === '' ? '' : ` (it is about ${path})`;
  const at = ruleAt === undefined ? {} : { at: ruleAt };
  if (place?.kind === 'own')
    return { ...base, text: `${path} belongs to longshore itself, and is never mirrored` };
  if (place === undefined)
    return {
      ...base,
      text: excludes ? 'no pattern of include selects it' : 'no rule concerns it: it is mirrored',
    };
  const verb = excludes ? 'excludes' : 'includes';
  return { ...base, ...at, text: `the pattern ${pattern} ${verb} it${about}`, why: pattern };
}

function diskStep(disk: OnDisk): WhyStep {
  const base = { step: 'file', atMs: null } as const;
  switch (disk.found) {
    case 'entry': {
      const { kind, size, mtimeNs } = disk.entry;
      return {
        step: 'file',
        atMs: Number(mtimeNs / 1_000_000n),
        text: `the ${kind} has ${bytes(size)}, and was changed last at this time`,
        bytes: size,
      };
    }
    case 'folder':
      return { ...base, text: 'a folder is there: files in it have objects of their own' };
    case 'nothing':
      return { ...base, text: 'there is no file' };
    case 'excluded':
      return { ...base, text: 'what is there is excluded: it is neither sent nor deleted' };
    case 'unknown':
      return {
        ...base,
        text: `it cannot be found out what is there (${disk.reason}): ${disk.detail}`,
        error: disk.detail,
      };
  }
}

function lifeSteps(
  { decision }: ExplainedObject,
  life: ObjectLife | undefined,
): readonly WhyStep[] {
  const pending = life?.pendingSinceMs;
  const event: readonly WhyStep[] =
    pending === undefined
      ? []
      : [
          {
            step: 'event',
            atMs: pending,
            text: 'a change was seen, and is not in the container yet',
          },
        ];
  const decided: WhyStep = {
    step: 'decision',
    atMs: null,
    text: decisionText(decision),
    why: 'why' in decision ? decision.why : decision.action,
  };
  const failing = life?.quarantined;
  return [
    ...event,
    decided,
    ...(failing === undefined
      ? []
      : [
          {
            step: 'quarantined',
            atMs: failing.sinceMs,
            text: `${failing.reason} after ${failing.attempts} attempts: ${failing.error}. ${adviceOn(failing.reason)}`,
            number: failing.attempts,
            error: failing.error,
          } as const,
        ]),
  ];
}

function decisionText(decision: Decision): string {
  switch (decision.action) {
    case 'nothing':
      return 'disk and index agree: there is nothing to do';
    case 'learn':
      return decision.what === 'local-md5'
        ? 'the file has another time or inode than was recorded: its content is to be compared'
        : 'the object in the container is to be looked at first';
    case 'upload':
      return `the file is to be uploaded: ${decision.why}`;
    case 'delete':
      return `the object is to be deleted: ${decision.why}`;
    case 'adopt':
      return 'the object has the content of the file already: it is to be recorded';
    case 'refresh':
    case 'renew-metadata':
      return 'the content is in the container: the record or the metadata is to be renewed';
    case 'forget':
      return 'the record is to be forgotten: its object is gone';
    case 'release':
      return 'the file is what was sent: what was held of it is released';
    case 'report':
      return `it is reported only: ${decision.what}`;
  }
}

const HELD = {
  'delete-held': 'its delete is held until a person decides: longshore held',
  'overwrite-held': 'its overwrite is held until a person decides: longshore held',
  'delete-approved': 'its delete was approved, and is made by the next run',
  'overwrite-approved': 'its overwrite was approved, and is made by the next run',
  rejected: 'a person has rejected its change: the object stays unchanged',
} as const;

function nextText(
  { decision, record }: ExplainedObject,
  life: ObjectLife | undefined,
  nowMs: number,
): string {
  if (record?.guarded !== undefined) return HELD[record.guarded];
  const isDone = decision.action === 'nothing' || decision.action === 'report';
  if (life === undefined)
    return isDone ? 'nothing: it is up to date' : 'no daemon runs: the next run sees to it';
  const { quarantined, mirror, pausedUntilMs, isRunning, pendingSinceMs } = life;
  if (pausedUntilMs !== null && !isDone)
    return `the pause ends in ${duration((pausedUntilMs - nowMs) / 1000)}; then it is seen to`;
  if (isRunning) return 'it is being worked on now';
  if (quarantined !== undefined)
    return quarantined.nextTryMs === null || quarantined.nextTryMs <= nowMs
      ? 'the next scan tries it again; at once: longshore retry'
      : `it is tried again in ${duration((quarantined.nextTryMs - nowMs) / 1000)}, or when the file changes; at once: longshore retry`;
  if (pendingSinceMs !== undefined)
    return `it waits for its turn; the mirror is ${mirror.state}${mirror.why === '' ? '' : ` (${mirror.why})`}`;
  return isDone
    ? 'nothing, until the file changes or an object is found to differ'
    : `a scan or an event finds it; the mirror is ${mirror.state}`;
}
