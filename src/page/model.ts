import type { QueueStatus } from '../status/schema-workers.js';
import type {
  ApiStatus,
  ApiTarget,
  Change,
  Config,
  Day,
  LagSeries,
  MirrorDetail,
  Notification,
  Preview,
  Process,
  QuarantinedObject,
  Queue,
  ThroughputSeries,
  Trash,
  Verify,
} from './api.js';

/** The addresses of the page. */
export type Place =
  | { readonly page: 'overview' }
  | { readonly page: 'changes' }
  | { readonly page: 'service' }
  | { readonly page: 'mirror'; readonly mirror: string; readonly tab: Tab };

export type Tab = 'now' | 'failures' | 'changes' | 'proof' | 'trash' | 'settings';

/** All that a view shows. The server makes one and renders it; the browser makes one, and keeps it up to date. */
export interface PageModel {
  readonly place: Place;
  /** An IANA name: times are shown as on the daemon's machine. */
  readonly zone: string;
  /** Of the daemon's clock. */
  readonly nowMs: number;
  readonly role: Role;
  readonly link: Link;
  readonly status: ApiStatus;
  readonly lags: Readonly<Record<string, LagSeries>>;
  readonly days: Readonly<Record<string, readonly Day[]>>;
  readonly targets: readonly ApiTarget[];
  readonly throughput: Readonly<Record<string, ThroughputSeries>>;
  /** Undefined: the configuration has none, or this daemon has no route for it. */
  readonly queue?: QueueStatus;
  /** The latest first; undefined: this daemon does not keep them. */
  readonly changes?: readonly Change[];
  /** Of the mirror's page. */
  readonly mirror?: MirrorParts;
  /** Of the page about the service; undefined: this daemon has no route for it. */
  readonly notifications?: readonly Notification[];
  /** Of the page about the service, and of a mirror's settings. */
  readonly config?: Config;
  /** Of the page about the service. */
  readonly process?: Process;
  /** What a reload would do; only where the file on disk is valid, and another one than is loaded. */
  readonly preview?: Preview;
}

/** What the mirror's own page shows beside the summary; each is missing where no route has it. */
export interface MirrorParts {
  readonly detail?: MirrorDetail;
  readonly queue?: Queue;
  readonly quarantined?: readonly QuarantinedObject[];
  readonly verify?: Verify;
  /** Only of its tab: to list the trash asks the provider. */
  readonly trash?: Trash;
}

/** `read`: commands are shown where `decide` has buttons. */
export type Role = 'read' | 'decide';

/** `still`: a page without script, as of its `nowMs`. */
export type Link =
  | { readonly state: 'still' }
  | { readonly state: 'live' }
  | { readonly state: 'stale'; readonly sinceMs: number; readonly retryInSeconds: number };

const TABS: readonly string[] = [
  'now',
  'failures',
  'changes',
  'proof',
  'trash',
  'settings',
] satisfies Tab[];

/** The place of a path and query such as `/mirrors/studio?tab=proof`; undefined: the page has no such address. */
export function placeOf(address: string): Place | undefined {
  const [path = '', query = ''] = address.split('?', 2);
  if (path === '/') return { page: 'overview' };
  if (path === '/changes') return { page: 'changes' };
  if (path === '/service') return { page: 'service' };
  const [, mirror] = /^\/mirrors\/([^/]+)$/.exec(path) ?? [];
  const name = mirror === undefined ? undefined : decoded(mirror);
  if (name === undefined) return undefined;
  const tab = new URLSearchParams(query).get('tab') ?? 'now';
  return { page: 'mirror', mirror: name, tab: TABS.includes(tab) ? (tab as Tab) : 'now' };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The address of a mirror's page. */
export function mirrorAddress(mirror: string, tab: Tab = 'now'): string {
  return `/mirrors/${encodeURIComponent(mirror)}${tab === 'now' ? '' : `?tab=${tab}`}`;
}

/** The row of a mirror; undefined: there is none of this name. */
export function mirrorOf(model: PageModel, name: string) {
  return model.status.mirrors.find(({ mirror }) => mirror === name);
}
