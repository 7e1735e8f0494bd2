import { bytes, count, duration } from '../status/units.js';
import type { Day, MirrorSummary } from './api.js';
import { Icon } from './icons.js';
import { mirrorAddress } from './model.js';
import { Escaped } from './names.js';
import type { ViewProps } from './parts.js';
import { DayBar, percent, Sparkline, shareWithin } from './small-plots.js';
import { shownOf, worstFirst } from './states.js';
import { momentOf } from './times.js';

const LEGEND = [
  ['f-ok', 'M3 0h4v14h-4z', 'within target'],
  ['f-warn', 'M3 4h4v10h-4z', 'degraded'],
  ['f-held', 'M3 4h4v10h-4z', 'deletes held'],
  ['f-bad', 'M3 8h4v6h-4z', 'behind or down'],
  ['f-stop', 'M3.5 .5h3v13h-3z', 'stopped'],
] as const;

/** All mirrors, the worst first. */
export function MirrorsTable({ model }: Pick<ViewProps, 'model'>) {
  const mirrors = worstFirst(model.status.mirrors);
  const hasLags = Object.keys(model.lags).length > 0;
  const hasDays = Object.keys(model.days).length > 0;
  if (mirrors.length === 0) return null;
  return (
    <section aria-labelledby="h-mirrors">
      <div class="h2row">
        <h2 id="h-mirrors">Mirrors</h2>
        {hasDays ? <Legend /> : null}
      </div>
      <table class="mirrors">
        <thead>
          <tr>
            <th scope="col">Mirror</th>
            <th scope="col">State</th>
            <th scope="col">In the container up to</th>
            {hasLags ? (
              <th scope="col" class="o-1">
                Lag, last 24 h
              </th>
            ) : null}
            {hasDays ? <th scope="col">Last 90 days</th> : null}
            <th scope="col" class="num">
              Waiting
            </th>
            <th scope="col" class="num o-2">
              Read back
            </th>
            <th scope="col" class="o-2">
              Compared
            </th>
          </tr>
        </thead>
        <tbody>
          {mirrors.map((mirror) => (
            <Row model={model} mirror={mirror} plots={{ hasLags, hasDays }} key={mirror.mirror} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Legend() {
  return (
    <div class="legend">
      <span>One bar a day; the shorter, the worse</span>
      {LEGEND.map(([fill, path, text]) => (
        <span key={text}>
          <svg viewBox="0 0 10 14" aria-hidden="true">
            <path class={fill} d={path} />
          </svg>
          {text}
        </span>
      ))}
    </div>
  );
}

interface RowProps {
  readonly model: ViewProps['model'];
  readonly mirror: MirrorSummary;
  readonly plots: { readonly hasLags: boolean; readonly hasDays: boolean };
}

function Row({ model, mirror, plots }: RowProps) {
  const { icon, tone, word } = shownOf(mirror);
  const { nowMs, zone, lags, days } = model;
  const name = mirror.mirror;
  const lag = lags[name];
  const known = days[name];
  return (
    <tr>
      <td class="c-n">
        <div class="name">
          <Icon name={icon} tone={tone} />
          <a href={mirrorAddress(name)}>
            <Escaped text={name} />
          </a>
          <small>
            → <Escaped text={mirror.target} />
          </small>
        </div>
      </td>
      <td class="st c-st">
        <span class={`s-${tone}`}>{word}</span>
        <small>{stateNote(mirror, nowMs, zone)}</small>
      </td>
      <td class="c-up">
        <UpTo mirror={mirror} nowMs={nowMs} zone={zone} />
      </td>
      {plots.hasLags ? (
        <td class="o-1 keep c-sp">
          {lag ? <Sparkline lag={lag} targetSeconds={targetOf(mirror)} /> : null}
        </td>
      ) : null}
      {plots.hasDays ? (
        <td class="c-d">{known ? <Days days={known} name={name} /> : null}</td>
      ) : null}
      <td class="num c-q">
        {count(mirror.queued)}
        <small>{mirror.queuedBytes ? bytes(mirror.queuedBytes) : 'changes'}</small>
      </td>
      <td class="num o-2">{readBack(mirror)}</td>
      <td class="o-2">{compared(mirror, nowMs, zone)}</td>
    </tr>
  );
}

/** The lag that a plot takes as the target where the configuration has none: 15 min. */
export function targetOf({ lagTargetSeconds }: Pick<MirrorSummary, 'lagTargetSeconds'>): number {
  return lagTargetSeconds ?? 900;
}

function stateNote(mirror: MirrorSummary, nowMs: number, zone: string): string {
  const { sinceMs = null, held } = mirror;
  if (shownOf(mirror).word === 'Deletes held' && held > 0) return `${count(held)} changes`;
  return sinceMs === null ? '' : `since ${momentOf(sinceMs, nowMs, zone)}`;
}

function UpTo({ mirror, nowMs, zone }: { mirror: MirrorSummary; nowMs: number; zone: string }) {
  const { currentToMs, lagSeconds } = mirror;
  if (currentToMs === null)
    return (
      <>
        <span class="upto">–</span>
        <small>not known yet</small>
      </>
    );
  return (
    <>
      <span class="upto">{momentOf(currentToMs, nowMs, zone)}</span>
      <small>{lagSeconds === 0 ? 'nothing waits' : `${duration(lagSeconds ?? 0)} behind`}</small>
    </>
  );
}

function Days({ days, name }: { days: readonly Day[]; name: string }) {
  const share = shareWithin(days);
  return (
    <>
      <DayBar days={days} name={name} />
      <small>
        {share === null ? 'not known yet' : `${percent(share)} of the time within target`}
      </small>
    </>
  );
}

function readBack({ readBackShare = null }: MirrorSummary) {
  return readBackShare === null ? (
    <>
      –<small>not known yet</small>
    </>
  ) : (
    <>
      {percent(readBackShare, 1)}
      <small>in time</small>
    </>
  );
}

function compared({ lastReconcile = null }: MirrorSummary, nowMs: number, zone: string) {
  if (lastReconcile === null)
    return (
      <>
        –<small>not known yet</small>
      </>
    );
  const { startedAtMs, seconds, differences } = lastReconcile;
  return (
    <>
      {momentOf(startedAtMs + seconds * 1_000, nowMs, zone)}
      <small>{differences === 0 ? 'no difference' : `${count(differences)} repaired`}</small>
    </>
  );
}
