import type { WorkersAnswer } from '../status/schema-workers.js';
import type {
  ApiTarget,
  Attention,
  Change,
  LagSeries,
  MirrorSummary,
  RunningJob,
  ThroughputSeries,
  Verify,
} from './api.js';
import type { PageModel } from './model.js';

/** An event of the stream: its name and its parsed data. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Changes that the page keeps. */
const CHANGES = 200;

/** The model after an event. Applied twice, an event changes nothing more; one that is not known changes nothing. */
export function patched(model: PageModel, { event, data }: StreamEvent): PageModel {
  switch (event) {
    case 'mirror':
      return withMirror(model, data as Partial<MirrorSummary> & Pick<MirrorSummary, 'mirror'>);
    case 'attention':
      return {
        ...model,
        status: {
          ...model.status,
          attention: (data as { readonly attention: readonly Attention[] }).attention,
        },
      };
    case 'change':
      return withChange(model, data as Change);
    case 'running':
      return withRunning(
        model,
        data as { readonly mirror: string; readonly running: readonly RunningJob[] },
      );
    case 'verify':
      return withAsked(model, data as { readonly mirror: string; readonly asked: AskedVerify });
    case 'target':
      return withTarget(model, data as Partial<ApiTarget> & Pick<ApiTarget, 'target'>);
    case 'workers':
      return withQueue(model, data as WorkersAnswer);
    case 'pause':
      return withPause(model, data as Pausing);
    default:
      return model;
  }
}

type AskedVerify = NonNullable<Verify['asked']>;

function withAsked(
  model: PageModel,
  { mirror, asked }: { readonly mirror: string; readonly asked: AskedVerify },
): PageModel {
  const parts = model.mirror;
  const isShown = model.place.page === 'mirror' && model.place.mirror === mirror;
  if (!isShown || parts?.verify === undefined) return model;
  return { ...model, mirror: { ...parts, verify: { ...parts.verify, asked } } };
}

function withMirror(
  model: PageModel,
  row: Partial<MirrorSummary> & Pick<MirrorSummary, 'mirror'>,
): PageModel {
  const mirrors = model.status.mirrors.map((one) =>
    one.mirror === row.mirror ? { ...one, ...row } : one,
  );
  return { ...model, status: { ...model.status, mirrors, currentToMs: oldestOf(mirrors) } };
}

/** The recovery point of all mirrors: the oldest; null as soon as one is not known. */
export function oldestOf(mirrors: readonly MirrorSummary[]): number | null {
  let oldest: number | null = mirrors.length === 0 ? null : Number.POSITIVE_INFINITY;
  for (const { currentToMs } of mirrors)
    oldest = oldest === null || currentToMs === null ? null : Math.min(oldest, currentToMs);
  return oldest;
}

function withChange(model: PageModel, change: Change): PageModel {
  const { changes, place } = model;
  if (changes === undefined || changes.some(({ id }) => id === change.id)) return model;
  if (place.page === 'mirror' && place.mirror !== change.mirror) return model;
  return { ...model, changes: [change, ...changes].slice(0, CHANGES) };
}

function withRunning(
  model: PageModel,
  { mirror, running }: { readonly mirror: string; readonly running: readonly RunningJob[] },
): PageModel {
  const detail = model.mirror?.detail;
  if (detail?.mirror !== mirror) return model;
  return { ...model, mirror: { ...model.mirror, detail: { ...detail, running } } };
}

function withTarget(
  model: PageModel,
  target: Partial<ApiTarget> & Pick<ApiTarget, 'target'>,
): PageModel {
  const targets = model.targets.map((one) =>
    one.target === target.target ? { ...one, ...target } : one,
  );
  return { ...model, targets };
}

function withQueue(model: PageModel, { queue }: WorkersAnswer): PageModel {
  return queue === null ? model : { ...model, queue };
}

interface Pausing {
  readonly mirror?: string;
  readonly target?: string;
  readonly pausedUntilMs: number | null;
}

function withPause(model: PageModel, { mirror, target, pausedUntilMs }: Pausing): PageModel {
  const mirrors = model.status.mirrors.map((one) =>
    (mirror !== undefined && one.mirror === mirror) ||
    (target !== undefined && one.target === target)
      ? { ...one, pausedUntilMs }
      : one,
  );
  return { ...model, status: { ...model.status, mirrors } };
}

/**
 * The model as time passes without an event. A mirror for which nothing waits is current up to the moment at which the daemon
 * was last heard, and not one later; the lag of the others grows.
 */
export function ticked(model: PageModel, nowMs: number, heardMs: number): PageModel {
  const mirrors = model.status.mirrors.map((mirror) => aged(mirror, heardMs));
  const lags = Object.fromEntries(
    Object.entries(model.lags).map(([name, series]) => [
      name,
      grownLag(series, heardMs, mirrors.find(({ mirror }) => mirror === name)?.lagSeconds ?? null),
    ]),
  );
  const throughput = Object.fromEntries(
    Object.entries(model.throughput).map(([name, series]) => [
      name,
      grownThroughput(
        series,
        heardMs,
        model.targets.find(({ target }) => target === name),
      ),
    ]),
  );
  const status = { ...model.status, mirrors, currentToMs: oldestOf(mirrors) };
  return { ...model, nowMs, status, lags, throughput };
}

function aged(mirror: MirrorSummary, heardMs: number): MirrorSummary {
  const { lagSeconds, currentToMs } = mirror;
  if (lagSeconds === null || currentToMs === null) return mirror;
  if (lagSeconds === 0) return { ...mirror, currentToMs: Math.max(currentToMs, heardMs) };
  return { ...mirror, lagSeconds: Math.max(lagSeconds, (heardMs - currentToMs) / 1_000) };
}

/** Slots to come until the one of this moment; 0 while it is the last. */
function slotsUntil(atMs: number, fromMs: number, stepSeconds: number, slots: number): number {
  const slot = Math.floor((atMs - fromMs) / (stepSeconds * 1_000));
  return Math.min(slots, Math.max(0, slot - (slots - 1)));
}

function grownLag(series: LagSeries, atMs: number, lag: number | null): LagSeries {
  const { max, fromMs, stepSeconds } = series;
  const more = slotsUntil(atMs, fromMs, stepSeconds, max.length);
  const values = [...max.slice(more), ...Array<null>(more).fill(null)];
  const last = values.at(-1) ?? null;
  if (lag !== null) values[values.length - 1] = Math.max(last ?? 0, lag);
  return { ...series, fromMs: fromMs + more * stepSeconds * 1_000, max: values };
}

function grownThroughput(
  series: ThroughputSeries,
  atMs: number,
  target: ApiTarget | undefined,
): ThroughputSeries {
  const { bytesPerSecond, throttled, fromMs, stepSeconds } = series;
  const more = slotsUntil(atMs, fromMs, stepSeconds, bytesPerSecond.length);
  if (more === 0) return series;
  const known = Array<number | null>(more).fill(target?.bytesPerSecond ?? null);
  return {
    ...series,
    fromMs: fromMs + more * stepSeconds * 1_000,
    bytesPerSecond: [...bytesPerSecond.slice(more), ...known],
    throttled: [...throttled.slice(more), ...Array<number>(more).fill(0)],
  };
}
