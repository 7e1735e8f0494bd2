import type { Clock } from '../clock.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { EventRing } from './event-ring.js';
import { KEPT_CHANGES, type LastChanges } from './last-changes.js';
import type { MirrorControl } from './mirror-control.js';
import { eventsAnswer } from './read-events.js';
import { findControl, limitIn } from './request-fields.js';
import type { ChangesAnswer } from './schema-mirror.js';
import type { StatusAnswer } from './schema-status.js';

export interface OverviewOptions {
  readonly mirrors: readonly MirrorControl[];
  readonly status: () => StatusAnswer;
  readonly ring: EventRing;
  readonly changes: Pick<LastChanges, 'list'>;
  readonly clock: Pick<Clock, 'after'>;
}

/** How all mirrors are, what was done last, and what happens from now on. */
export function overviewRoutes(options: OverviewOptions): readonly ApiRoute[] {
  const { mirrors, status, ring, changes, clock } = options;
  return [
    { method: 'GET', path: `${API}/status`, needs: 'read', answer: () => ok(status()) },
    {
      method: 'GET',
      path: `${API}/changes`,
      needs: 'read',
      answer: ({ query }) => ok(changesAnswer(query, mirrors, changes)),
    },
    {
      method: 'GET',
      path: `${API}/events`,
      needs: 'read',
      answer: ({ query, lastEventId, signal }) =>
        eventsAnswer({
          ring,
          clock,
          after: lastEventId ?? query.get('since') ?? undefined,
          format: formatIn(query),
          signal,
        }),
    },
  ];
}

function changesAnswer(
  query: URLSearchParams,
  mirrors: readonly MirrorControl[],
  changes: Pick<LastChanges, 'list'>,
): ChangesAnswer {
  const mirror = query.get('mirror') ?? undefined;
  if (mirror !== undefined) findControl(mirrors, mirror);
  const limit = limitIn(query, KEPT_CHANGES);
  const found = changes.list(mirror, query.get('after') ?? undefined, limit + 1);
  return { changes: found.slice(0, limit), more: found.length > limit };
}

function formatIn(query: URLSearchParams): 'event-stream' | 'lines' {
  const format = query.get('format') ?? 'event-stream';
  if (format === 'event-stream' || format === 'lines') return format;
  throw new RefusedError(400, 'format is to be event-stream or lines');
}
