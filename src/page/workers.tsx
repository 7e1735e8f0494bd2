import type { QueueStatus, WorkerRow } from '../status/schema-workers.js';
import { bytes, count } from '../status/units.js';
import { lastSign, queueText } from '../status/worker-rows.js';
import { Icon } from './icons.js';
import { Escaped } from './names.js';
import { Facts, type ViewProps } from './parts.js';

/** The queue and the workers on other machines; nothing where the configuration has no queue. */
export function Workers({ model }: Pick<ViewProps, 'model'>) {
  const { queue, nowMs } = model;
  if (queue === undefined) return null;
  return (
    <section aria-labelledby="h-workers">
      <div class="h2row">
        <h2 id="h-workers">Workers</h2>
        <span class={queue.up ? 'soft' : 'soft s-bad'}>
          <Escaped text={queueText(queue)} />
        </span>
      </div>
      <div class="targets">
        {queue.workers.map((worker) => (
          <Worker worker={worker} nowMs={nowMs} key={worker.id} />
        ))}
      </div>
    </section>
  );
}

function Worker({ worker, nowMs }: { worker: WorkerRow; nowMs: number }) {
  const { id, version, jobs, objects, bytes: sent, objectsPerSecond, refusals } = worker;
  const sign = refusals.length === 0 ? ({ name: 'ok', tone: 'ok' } as const) : REFUSES;
  return (
    <article>
      <h3>
        <Icon {...sign} />
        <Escaped text={id} />
        <small>
          <Escaped text={version} />
        </small>
      </h3>
      <p class="word">
        <Escaped text={wordOfWorker(worker)} />
      </p>
      <Facts
        kind="kv"
        rows={[
          ['Jobs at once', count(jobs)],
          ['Confirmed', `${count(objects)}, ${bytes(sent)}`],
          ['Objects per s', count(Math.round(objectsPerSecond))],
          ['Last sign', lastSign(worker, nowMs)],
        ]}
      />
    </article>
  );
}

const REFUSES = { name: 'degraded', tone: 'warn' } as const;

/** What a worker does, and whose jobs it returns. */
export function wordOfWorker({
  mirrors,
  refusals,
}: Pick<QueueStatus['workers'][number], 'mirrors' | 'refusals'>): string {
  const serves = mirrors.length === 0 ? 'Helps no mirror.' : `Helps ${mirrors.join(', ')}.`;
  return [
    serves,
    ...refusals.map(({ mirror, why }) => `Returns the jobs of ${mirror}: ${why}.`),
  ].join(' ');
}
