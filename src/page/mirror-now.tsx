import { bytes, count, counted, duration } from '../status/units.js';
import type { MirrorSummary, Queue, RunningJob } from './api.js';
import { MirrorFacts } from './mirror-facts.js';
import { DaysPlot, LagPlot, ThroughputPlot } from './mirror-plots.js';
import { Name } from './names.js';
import { commandLine, type MirrorProps } from './parts.js';
import { rate } from './targets.js';
import { minuteOf } from './times.js';

/** What a mirror does now: its curves, what is sent, what waits, and the facts beside it. */
export function Now(props: MirrorProps) {
  const { model, mirror } = props;
  const { lags, days, zone, targets, throughput } = model;
  const lag = lags[mirror.mirror];
  const known = days[mirror.mirror];
  const target = targets.find((one) => one.target === mirror.target);
  const series = target && throughput[target.target];
  return (
    <div class="two">
      <div>
        {lag ? <LagPlot lag={lag} mirror={mirror} zone={zone} /> : null}
        {known ? <DaysPlot days={known} name={mirror.mirror} /> : null}
        {series && target ? <ThroughputPlot series={series} target={target} zone={zone} /> : null}
        <InFlight {...props} />
        <Waiting {...props} />
      </div>
      <MirrorFacts {...props} />
    </div>
  );
}

function InFlight({ model, mirror }: MirrorProps) {
  const running = model.mirror?.detail?.running;
  if (running === undefined) return null;
  return (
    <section aria-label="In flight">
      <h2>
        In flight <small>{running.length === 0 ? '' : counted(running.length, 'transfer')}</small>
      </h2>
      {running.length === 0 ? (
        <p class="empty">{mirror.queued === 0 ? 'Nothing: no change waits.' : waitsFor(mirror)}</p>
      ) : (
        <table class="flight">
          <thead>
            <tr>
              <th scope="col">Path</th>
              <th scope="col" class="num c-size">
                Size
              </th>
              <th scope="col" class="c-prog">
                Sent
              </th>
              <th scope="col" class="num c-rate">
                Rate
              </th>
              <th scope="col" class="num c-eta">
                Left
              </th>
            </tr>
          </thead>
          <tbody>
            {running.map((job) => (
              <Transfer job={job} key={`${job.job} ${job.name}`} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function waitsFor({ queued, why }: MirrorSummary): string {
  return `${counted(queued, 'change')} ${queued === 1 ? 'waits' : 'wait'}${why === '' ? '' : `: ${why}`}.`;
}

function Transfer({ job }: { job: RunningJob }) {
  const { name, bytes: size, sent, bytesPerSecond, parts, objects = 1, seconds } = job;
  const share = sent === undefined || size === 0 ? undefined : Math.min(1, sent / size);
  const left =
    sent !== undefined && bytesPerSecond ? duration((size - sent) / bytesPerSecond) : undefined;
  return (
    <tr>
      <td class="p">
        <Name name={name} />
        {parts ? (
          <small>
            {count(parts[0])} of {count(parts[1])} parts
          </small>
        ) : null}
        {objects > 1 ? <small>and {count(objects - 1)} more</small> : null}
      </td>
      <td class="num c-size">{bytes(size)}</td>
      <td class="c-prog">
        {share === undefined ? (
          <small>{seconds === undefined ? '' : `for ${duration(seconds)}`}</small>
        ) : (
          <div class="pc">
            <progress max={100} value={share * 100} aria-label="Sent" />
            <span>{Math.floor(share * 100)} %</span>
          </div>
        )}
      </td>
      <td class="num c-rate">{bytesPerSecond ? rate(bytesPerSecond) : '–'}</td>
      <td class="num c-eta">{left ?? '–'}</td>
    </tr>
  );
}

function Waiting({ model, mirror }: MirrorProps) {
  const queue = model.mirror?.queue;
  if (queue === undefined || queue.queued === 0) return null;
  const next = queue.next ?? [];
  const { emptyAtMs = null } = mirror;
  return (
    <section aria-label="Waiting">
      <h2>
        Waiting <small>{queueText(queue)}</small>
        {emptyAtMs === null ? null : (
          <span class="read r">empty at about {minuteOf(emptyAtMs, model.zone)}</span>
        )}
      </h2>
      <ul>
        {next.map((name) => (
          <li key={name}>
            <Name name={name} most={90} />
          </li>
        ))}
      </ul>
      {queue.queued > next.length ? (
        <p class="soft">
          and {count(queue.queued - next.length)} more:{' '}
          <code>{`${commandLine('status', mirror.mirror)} --json`}</code>
        </p>
      ) : null}
    </section>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  upload_object: 'upload',
  copy_object: 'copy',
  delete_object: 'delete',
  refresh_metadata: 'metadata update',
};

function queueText({ queued, bytes: size, byJob = {} }: Queue): string {
  const kinds = Object.entries(byJob)
    .filter(([, amount]) => amount > 0)
    .map(([job, amount]) =>
      counted(amount, KINDS[job] ?? job, job === 'copy_object' ? 'copies' : undefined),
    );
  const amount = `${counted(queued, 'object')}${size ? `, ${bytes(size)}` : ''}`;
  return kinds.length === 0 ? amount : `${amount}: ${kinds.join(', ')}`;
}
