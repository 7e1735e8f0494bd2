import type { WorkersAnswer } from '../status/schema-workers.js';
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
import type { Link, MirrorParts, PageModel, Place, Role } from './model.js';

/**
 * Asks the control API with a GET, as in `/status`. Resolves with its JSON, with undefined where it has no such route or
 * thing (404). Rejects when there is no proper answer.
 */
export type Ask = (target: string) => Promise<unknown>;

export interface Reader {
  readonly zone: string;
  readonly role: Role;
  readonly link: Link;
}

/** Below this many mirrors the overview has their plots; more of them would be a request each. */
const PLOTTED = 60;

/** The model of a place: the same questions from the server, when it renders, and from the browser. */
export async function loadModel(place: Place, ask: Ask, reader: Reader): Promise<PageModel> {
  const status = (await ask('/status')) as ApiStatus;
  const shown =
    place.page === 'mirror'
      ? status.mirrors.filter(({ mirror }) => mirror === place.mirror)
      : place.page === 'overview'
        ? status.mirrors.slice(0, PLOTTED)
        : [];
  const names = shown.map(({ mirror }) => mirror);
  const [lags, days, targets, workers, changes, mirror, service, config] = await Promise.all([
    ofEach(names, (name) => ask(`/mirrors/${encodeURIComponent(name)}/lag`)),
    ofEach(names, (name) => ask(`/mirrors/${encodeURIComponent(name)}/days`)),
    ask('/targets'),
    place.page === 'overview' ? ask('/workers') : undefined,
    place.page === 'service' ? undefined : ask(changesTarget(place)),
    place.page === 'mirror' ? loadMirror(place, ask) : undefined,
    place.page === 'service' ? loadService(ask) : undefined,
    hasSettings(place) ? (ask('/config') as Promise<Config | undefined>) : undefined,
  ]);
  const preview =
    place.page === 'service' && isLoadable(config)
      ? ((await ask('/reload')) as Preview | undefined)
      : undefined;
  const listed = (targets as { readonly targets: readonly ApiTarget[] } | undefined)?.targets ?? [];
  const queue = (workers as WorkersAnswer | undefined)?.queue;
  const listedChanges = (changes as { readonly changes: readonly Change[] } | undefined)?.changes;
  return {
    ...reader,
    place,
    nowMs: status.nowMs,
    status,
    lags: lags as Record<string, LagSeries>,
    days: daysOf(days),
    targets: listed,
    throughput: (await ofEach(
      listed.map(({ target }) => target),
      (target) => ask(`/targets/${encodeURIComponent(target)}/throughput`),
    )) as Record<string, ThroughputSeries>,
    ...(queue ? { queue } : {}),
    ...(listedChanges ? { changes: listedChanges } : {}),
    ...(mirror ? { mirror } : {}),
    ...service,
    ...(config ? { config } : {}),
    ...(preview ? { preview } : {}),
  };
}

function hasSettings(place: Place): boolean {
  return place.page === 'service' || (place.page === 'mirror' && place.tab === 'settings');
}

/** Whether the file on disk is another one than is loaded, and could be. */
function isLoadable(config: Config | undefined): boolean {
  return config?.valid === true && config.differsSinceMs !== null;
}

async function loadService(ask: Ask): Promise<Pick<PageModel, 'notifications' | 'process'>> {
  const [answer, process] = await Promise.all([ask('/notifications'), ask('/process')]);
  return {
    ...((answer ?? {}) as { readonly notifications?: readonly Notification[] }),
    ...(process ? { process: process as Process } : {}),
  };
}

function changesTarget(place: Place): string {
  return place.page === 'mirror'
    ? `/changes?mirror=${encodeURIComponent(place.mirror)}&limit=200`
    : '/changes?limit=200';
}

/** What the mirror's own page shows beside the summary. */
async function loadMirror(
  { mirror, tab }: Extract<Place, { page: 'mirror' }>,
  ask: Ask,
): Promise<MirrorParts> {
  const path = `/mirrors/${encodeURIComponent(mirror)}`;
  const own = `?mirror=${encodeURIComponent(mirror)}`;
  const [detail, queue, quarantined, verify, trash] = await Promise.all([
    ask(path),
    ask(`${path}/queue`),
    ask(`${path}/quarantined`),
    ask(`/verify${own}`),
    tab === 'trash' ? ask(`/trash${own}`) : undefined,
  ]);
  const failures = quarantined as { readonly objects: readonly QuarantinedObject[] } | undefined;
  return {
    ...(detail ? { detail: detail as MirrorDetail } : {}),
    ...(queue ? { queue: queue as Queue } : {}),
    ...(failures ? { quarantined: failures.objects } : {}),
    ...(verify ? { verify: verify as Verify } : {}),
    ...(trash ? { trash: trash as Trash } : {}),
  };
}

async function ofEach(
  names: readonly string[],
  ask: (name: string) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const entries = await Promise.all(names.map(async (name) => [name, await ask(name)] as const));
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function daysOf(answers: Record<string, unknown>): Record<string, readonly Day[]> {
  return Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      (answer as { readonly days: readonly Day[] }).days,
    ]),
  );
}
