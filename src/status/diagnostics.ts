import { createHash, randomBytes } from 'node:crypto';
import { isoTime } from '../clock.js';
import { escapeUnprintable } from '../printable.js';
import type { StatusAnswer } from './schema-status.js';
import type { DaemonStatus } from './snapshot.js';

/** What a bundle for a bug report is made of. */
export interface DiagnosticSources {
  readonly status: StatusAnswer;
  readonly details: DaemonStatus;
  /** Versions and the machine: Node, platform, … */
  readonly about: Readonly<Record<string, string>>;
  /** The configuration, without secrets. */
  readonly config: unknown;
  readonly process: Readonly<Record<string, number>>;
  readonly logLevels: unknown;
  readonly logLines: readonly string[];
}

/** Members whose values are names of files, objects, folders, containers, hosts or accounts. */
const NAMING = new Set([
  'name',
  'path',
  'source',
  'container',
  'prefix',
  'under',
  'configFile',
  'file',
  'stateFolder',
  'root',
  'host',
  'endpoint',
  'bucket',
  'trashPrefix',
  'exclude',
  'include',
  'from',
  'to',
]);

/**
 * Pure but for its salt: the bundle as text. With `hideNames`, names are replaced by hashes, the same for the same name within
 * one bundle, and texts that may have names are dropped.
 */
export function diagnosticsText(sources: DiagnosticSources, hideNames: boolean): string {
  const { status, details, about, config, logLines, logLevels } = sources;
  const hide = hideNames ? createHiding(randomBytes(16)) : undefined;
  const shown = (value: unknown) =>
    withoutPasswords(
      JSON.stringify(hide === undefined ? value : hide.inValue(plain(value)), undefined, 2),
    );
  const sections: readonly (readonly [string, string])[] = [
    ['about', shown({ ...about, madeAt: isoTime(status.nowMs) })],
    ['status', shown(status)],
    ['mirrors', shown(details.mirrors)],
    ['targets', shown(details.targets)],
    ['process', shown(sources.process)],
    ['configuration, without secrets', shown(config)],
    ['log levels', shown(logLevels)],
    [
      `last ${logLines.length} lines of the log`,
      withoutPasswords((hide === undefined ? logLines : logLines.map(hide.inLine)).join('\n')),
    ],
  ];
  const text = sections.map(([title, body]) => `== ${title}\n${escapeLines(body)}\n`).join('\n');
  return `longshore diagnostics\n\n${text}`;
}

/** As JSON has it: a Secret says `[secret]`. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Of addresses such as `https://user:password@host`. */
function withoutPasswords(text: string): string {
  return text.replace(/(\/\/[^/\s:@"]*):[^/\s@"]+@/g, '$1:[secret]@');
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeUnprintable).join('\n');
}

function createHiding(salt: Uint8Array) {
  const hashed = (text: string) =>
    text === ''
      ? ''
      : `#${createHash('sha256').update(salt).update(text).digest('hex').slice(0, 10)}`;

  function hidden(value: unknown): unknown {
    if (typeof value === 'string') return hashed(value);
    return Array.isArray(value) ? value.map(hidden) : inValue(value);
  }

  /** Texts for people may quote names: all of them are hidden. */
  function inValue(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inValue);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        NAMING.has(key) || TEXTS.has(key) ? hidden(member) : inValue(member),
      ]),
    );
  }

  return {
    inValue,
    /** Time, level and the event's fixed text stay; of the fields, those whose values are numbers, times or short words of ours. */
    inLine: (line: string) =>
      line.replace(/ ([\w]+)=("(?:[^"\\]|\\.)*"|\S+)/g, (_, key: string, value: string) =>
        PLAIN_FIELDS.has(key) || /^-?[\d.]+$/.test(value)
          ? ` ${key}=${value}`
          : ` ${key}=${hashed(value)}`,
      ),
  };
}

const TEXTS = new Set(['why', 'text', 'error', 'detail', 'heldWhy', 'warnings']);
const PLAIN_FIELDS = new Set([
  'mirror',
  'target',
  'run',
  'job',
  'state',
  'complete',
  'watch',
  'reason',
]);
