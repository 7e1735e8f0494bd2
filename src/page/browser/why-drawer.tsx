import type { Why, WhyStep } from '../api.js';
import { Icon } from '../icons.js';
import { Escaped, FullName } from '../names.js';
import { Command, commandLine } from '../parts.js';
import type { IconName, Tone } from '../states.js';
import { momentOf } from '../times.js';
import { Dialog } from './dialog.js';

export interface WhyProps {
  readonly mirror: string;
  readonly name: string;
  /** Undefined: the daemon knows no object and no file of this name. */
  readonly why: Why | undefined;
  readonly times: { readonly nowMs: number; readonly zone: string };
  readonly copy: (text: string) => void;
  readonly onClose: () => void;
}

/** The way of one object, from the event to the container, each step with its time. */
export function WhyDrawer({ mirror, name, why, times, copy, onClose }: WhyProps) {
  return (
    <Dialog kind="drawer" title="Why" sub={summaryOf(mirror, why)} onClose={onClose}>
      <div class="dbody">
        <div class="full-path">
          <FullName name={name} />
          <button type="button" class="quiet" onClick={() => copy(name)}>
            Copy
          </button>
        </div>
        <ol class="trail">
          {(why?.steps ?? []).map((step, at) => (
            <Step step={step} times={times} key={at} />
          ))}
        </ol>
        <p class="soft">The same in a terminal:</p>
        <Command text={commandLine('why', mirror, name)} />
      </div>
    </Dialog>
  );
}

function summaryOf(mirror: string, why: Why | undefined): string {
  if (why === undefined) return `${mirror}. No object or file has this name.`;
  if (why.steps.length === 0) return `${mirror}. There is no record of it.`;
  return why.summary === undefined ? mirror : `${mirror}. ${why.summary}`;
}

const STEPS: Readonly<Record<string, readonly [word: string, icon: IconName, tone: Tone]>> = {
  rule: ['Rule', 'fork', 'stop'],
  file: ['Look at the disk', 'eye', 'stop'],
  event: ['Event', 'event', 'stop'],
  decision: ['Decision', 'fork', 'stop'],
  attempt: ['Attempt', 'quar', 'warn'],
  done: ['Done', 'ok', 'ok'],
  skipped: ['Skipped', 'quar', 'warn'],
  held: ['Held by the guard', 'held', 'held'],
  quarantined: ['Quarantined', 'quar', 'warn'],
  stored: ['In the container', 'ok', 'ok'],
  'read-back': ['Read back', 'eye', 'stop'],
  next: ['Next', 'start', 'stop'],
};

/** Members of a step that its heading or its sentence has already. */
const SAID = new Set(['step', 'atMs', 'text', 'error', 'why', 'job', 'number']);

function Step({ step, times }: { step: WhyStep; times: WhyProps['times'] }) {
  const [word, icon, tone] = STEPS[step.step] ?? [step.step, 'start', 'stop'];
  const facts = Object.entries(step).filter(
    ([member, value]) =>
      !SAID.has(member) && (typeof value === 'string' || typeof value === 'number'),
  );
  const heading = [word, ...(step.number === undefined ? [] : [String(step.number)])].join(' ');
  const sentence = [step.text, step.why, step.error].filter((part) => part !== undefined);
  return (
    <li>
      <time>{step.atMs ? momentOf(step.atMs, times.nowMs, times.zone) : ''}</time>
      <Icon name={icon} tone={tone} />
      <div>
        <h3>
          {heading}
          {step.job ? (
            <>
              : <code>{step.job}</code>
            </>
          ) : null}
        </h3>
        {sentence.map((part) => (
          <p key={part}>
            <Escaped text={part} />
          </p>
        ))}
        {facts.length === 0 ? null : (
          <dl>
            {facts.map(([member, value]) => (
              <>
                <dt>{member}</dt>
                <dd>
                  <Escaped text={String(value)} />
                </dd>
              </>
            ))}
          </dl>
        )}
      </div>
    </li>
  );
}
