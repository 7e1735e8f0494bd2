import type { Clock } from '../clock.js';
import type { MirrorStatus } from '../sync/events.js';
import { RECONCILE, type RUNS, SCAN } from '../sync/run.js';
import { adviceOn } from './advice.js';
import { API, type ApiRequest, type ApiRoute, ok, RefusedError } from './api.js';
import { excludedOf } from './excluded.js';
import type { MirrorControl } from './mirror-control.js';
import { type RowSources, rowOf } from './mirror-row.js';
import { findControl, limitIn, textIn } from './request-fields.js';
import type { MirrorAnswer, QuarantinedAnswer, QueueAnswer, TrashAnswer } from './schema-mirror.js';
import { verifyAnswer } from './verify-answer.js';

export interface MirrorRoutesOptions {
  readonly mirrors: readonly MirrorControl[];
  /** What the row of a mirror follows from, now. */
  readonly sources: (control: MirrorControl) => RowSources;
  readonly clock: Pick<Clock, 'now'>;
}

/** Rows of one answer. */
const PAGE = 1_000;
/** Names that are shown of a queue. */
const NEXT = 20;

/** Questions about one mirror, and orders to it. */
export function mirrorRoutes({
  mirrors,
  sources,
  clock,
}: MirrorRoutesOptions): readonly ApiRoute[] {
  const about = (
    path: string,
    answer: (control: MirrorControl, request: ApiRequest) => unknown | Promise<unknown>,
  ): ApiRoute => ({
    method: 'GET',
    path: `${API}${path}`,
    needs: 'read',
    async answer(request) {
      const { params, query } = request;
      const { mirror = query.get('mirror') } = params;
      return ok(await answer(findControl(mirrors, mirror), request));
    },
  });
  const order = (
    path: string,
    carryOut: (control: MirrorControl, body: unknown) => unknown | Promise<unknown>,
  ): ApiRoute => ({
    method: 'POST',
    path: `${API}${path}`,
    needs: 'decide',
    answer: async ({ body }) =>
      ok(await carryOut(findControl(mirrors, textIn(body, 'mirror')), body)),
  });

  return [
    about('/mirrors/:mirror', async (control) =>
      mirrorAnswer(sources(control), await excludedOf(control)),
    ),
    about('/mirrors/:mirror/queue', queueAnswer),
    about('/mirrors/:mirror/quarantined', (control, { query }) =>
      quarantinedAnswer(control.status(), query),
    ),
    about('/verify', (control) => verifyAnswer(control, clock.now())),
    about('/trash', (control, { signal }): Promise<TrashAnswer> => control.trash(signal)),
    order('/scan', (control) => requestRun(control, 'scan')),
    order('/reconcile', (control) => requestRun(control, 'reconcile')),
    order('/retry', (control, body) => retry(control, textIn(body, 'name'))),
  ];
}

function mirrorAnswer(sources: RowSources, excluded: MirrorAnswer['excluded']): MirrorAnswer {
  const { status, figures, meter } = sources;
  const { lease, watch } = status;
  return {
    ...rowOf(sources),
    source: status.source,
    container: status.container,
    prefix: status.prefix,
    deletes: status.deletes,
    running: [...status.running],
    retrying: status.retrying,
    skipped: status.skipped,
    excluded,
    unfinishedUploads: figures.unfinishedUploads,
    heldWhy: status.heldWhy,
    heldSinceMs: status.heldSinceMs,
    lease: lease && { ...lease },
    watch: watch && { ...watch, degraded: watch.degraded.map((folder) => ({ ...folder })) },
    lastScan: reportOf(status.lastScan),
    lastReconcile: reportOf(status.lastReconcile),
    totals: status.totals,
    bytesPerSecond: meter.bytesPerSecond(status.mirror),
  };
}

function reportOf(report: MirrorStatus['lastScan']): MirrorAnswer['lastScan'] {
  return report && { ...report };
}

function queueAnswer(control: MirrorControl): QueueAnswer {
  const { queued, queuedBytes, byJob, next } = control.figures();
  return { queued, bytes: queuedBytes, byJob, next: [...next(NEXT)] };
}

function quarantinedAnswer(
  { quarantined }: MirrorStatus,
  query: URLSearchParams,
): QuarantinedAnswer {
  const after = query.get('after');
  const limit = limitIn(query, PAGE);
  const objects = quarantined
    .map(({ reason, ...rest }) => ({ ...rest, class: reason, advice: adviceOn(reason) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => after === null || name > after);
  return { objects: objects.slice(0, limit), more: objects.length > limit };
}

function requestRun(control: MirrorControl, kind: keyof typeof RUNS): { readonly requested: true } {
  const run = kind === 'scan' ? SCAN : RECONCILE;
  if (control.requestRun({ ...run, why: 'a person asked for it' })) return { requested: true };
  const { state, why } = control.status();
  throw new RefusedError(
    409,
    `the mirror waits (${state}${why === '' ? '' : `: ${why}`}); it begins with a scan of everything by itself`,
  );
}

async function retry(
  control: MirrorControl,
  name: string | undefined,
): Promise<{ readonly queued: true; readonly objects: number }> {
  const objects = await control.retryNow(name);
  if (name !== undefined && objects === 0)
    throw new RefusedError(404, `"${name}" is not quarantined: nothing of it is to be tried again`);
  return { queued: true, objects };
}
