import { counted, duration } from '../../status/units.js';
import type { HeldChanges } from '../api.js';
import { changesOf } from '../held-tree.js';
import { Icon } from '../icons.js';
import type { PageModel } from '../model.js';
import { Escaped } from '../names.js';
import { Command, commandLine } from '../parts.js';
import { momentOf } from '../times.js';
import { Decide, type DecideProps } from './decide-held.js';
import { Dialog } from './dialog.js';
import { type FindHeld, HeldNames } from './held-names.js';

export type HeldProps = DecideProps & {
  readonly onClose: () => void;
  readonly find: FindHeld;
};

/** What is held of a mirror, why, and the decision: bound to exactly this list by its id and by what must be typed. */
export function HeldDialog({ model, shown, find, onClose, onDecide }: HeldProps) {
  const { held, mirror, changed } = shown;
  const { nowMs, zone } = model;
  const since =
    held.sinceMs === null
      ? ''
      : `Since ${momentOf(held.sinceMs, nowMs, zone)}, ${duration((nowMs - held.sinceMs) / 1_000)}. `;
  return (
    <Dialog
      kind="modal"
      title={`${mirror}: ${amounts(held)} held`}
      sub={`${since}Nothing of this is ever done because time passes, or because of a restart.`}
      icon={{ name: 'held', tone: 'held' }}
      onClose={onClose}
    >
      <div class="dbody">
        {changed ? (
          <div class="warnline" role="alert">
            <Icon name="diff" tone="bad" />
            <span>
              <b>The list has changed.</b> What you typed was for another list and is discarded. The
              new list is shown.
            </span>
          </div>
        ) : null}
        {held.overwrites > 0 ? <Encrypted overwrites={held.overwrites} /> : null}
        <Reasons held={held} model={model} />
        <HeldNames key={held.id} shown={shown} find={find} />
      </div>
      {model.role === 'decide' ? (
        <Decide key={held.id} shown={shown} onDecide={onDecide} />
      ) : (
        <div class="dfoot">
          <p class="soft">This session may look, not decide. In a terminal:</p>
          <Command text={commandLine('approve', mirror, held.id)} />
          <Command text={commandLine('reject', mirror, held.id)} />
        </div>
      )}
    </Dialog>
  );
}

/** `1,284 deletes and 37 overwrites are`. */
function amounts(held: HeldChanges): string {
  const parts = [
    ...(held.deletes > 0 ? [counted(held.deletes, 'delete')] : []),
    ...(held.overwrites > 0 ? [counted(held.overwrites, 'overwrite')] : []),
    ...(held.extraneous > 0
      ? [
          counted(
            held.extraneous,
            'delete of an extraneous object',
            'deletes of extraneous objects',
          ),
        ]
      : []),
  ];
  return `${parts.join(' and ')} ${changesOf(held) === 1 ? 'is' : 'are'}`;
}

function Encrypted({ overwrites }: { overwrites: number }) {
  return (
    <div class="warnline">
      <Icon name="degraded" tone="bad" />
      <span>
        <b>
          {counted(overwrites, 'file that was sound looks', 'files that were sound look')} encrypted
          or wiped now.
        </b>{' '}
        That is what ransomware does. Before you approve, find out which program changed them.
      </span>
    </div>
  );
}

function Reasons({ held, model }: { held: HeldChanges; model: PageModel }) {
  const { trigger = [], checks = [], why } = held;
  return (
    <div class="trigger">
      <div>
        <h3>What triggered it</h3>
        <ul>
          {trigger.map(({ atMs, text }) => (
            <li key={text}>
              <time>{atMs === null ? '' : momentOf(atMs, model.nowMs, model.zone)}</time>
              <span>
                <Escaped text={text} />
              </span>
            </li>
          ))}
          {trigger.length === 0 ? (
            <li class="plain">
              <Escaped text={why} />
            </li>
          ) : null}
        </ul>
      </div>
      {checks.length === 0 ? null : (
        <div>
          <h3>What was checked</h3>
          <ul>
            {checks.map(({ ok, text }) => (
              <li class="yes" key={text}>
                <Icon name={ok ? 'ok' : 'down'} tone={ok ? 'ok' : 'bad'} />
                <span>
                  <Escaped text={text} />
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
