import { duration } from '../status/units.js';
import type { Attention } from './api.js';
import { Icon } from './icons.js';
import { mirrorAddress } from './model.js';
import { Escaped } from './names.js';
import { Command, commandLine, mayAct, type ViewProps } from './parts.js';
import { shownKind } from './states.js';
import { momentOf } from './times.js';

/** Work before watching: what waits for a person, then what longshore handles. An empty list is not drawn. */
export function NeedsAttention(props: ViewProps) {
  const { attention } = props.model.status;
  const needed = attention.filter(({ needsYou }) => needsYou);
  const others = attention.filter(({ needsYou }) => !needsYou);
  if (attention.length === 0) return null;
  return (
    <section class="todo" aria-label="What needs attention">
      <List {...props} title="Needs you" items={needed} />
      <List {...props} title="Goes on by itself" items={others} />
    </section>
  );
}

function List({
  title,
  items,
  ...props
}: ViewProps & { title: string; items: readonly Attention[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h2>
        {title} <span>{items.length}</span>
      </h2>
      <ul>
        {items.map((item) => (
          <Item {...props} item={item} key={`${item.kind} ${item.mirror} ${item.target}`} />
        ))}
      </ul>
    </>
  );
}

/** Whole minutes from the first one on: a number that changes each second draws the eye. */
function age(seconds: number): string {
  return duration(seconds < 60 ? seconds : Math.floor(seconds / 60) * 60);
}

function Item({ item, ...props }: ViewProps & { item: Attention }) {
  const { kind, mirror, target, text, detail, sinceMs } = item;
  const { word, icon, tone } = shownKind(kind);
  const { nowMs, zone } = props.model;
  return (
    <li>
      <Icon name={icon} tone={tone} />
      <div class="who">
        {mirror ? (
          <a href={mirrorAddress(mirror)}>
            <Escaped text={mirror} />
          </a>
        ) : (
          <span>
            <Escaped text={target ?? 'longshore'} />
          </span>
        )}
        <small class={`s-${tone}`}>{word}</small>
      </div>
      <div class="txt">
        <p>
          <Escaped text={text} />
        </p>
        {detail ? (
          <p>
            <Escaped text={detail} />
          </p>
        ) : null}
      </div>
      <div class="since">
        {sinceMs === null ? null : (
          <>
            {age((nowMs - sinceMs) / 1_000)}
            <small>since {momentOf(sinceMs, nowMs, zone)}</small>
          </>
        )}
      </div>
      <div class="act">
        <Action {...props} item={item} />
      </div>
    </li>
  );
}

/** One thing to do about it. Without script, or the right to decide: the command that does it. */
function Action({ item, ...props }: ViewProps & { item: Attention }) {
  const { kind, mirror, target, command } = item;
  const { acts } = props;
  if (kind === 'held' && mirror) {
    if (acts && props.model.link.state === 'live')
      return (
        <button type="button" class="primary" onClick={() => acts.openHeld(mirror)}>
          Review and decide
        </button>
      );
    return <Help text={commandLine('held', mirror)} acts={acts} />;
  }
  if (kind === 'target-down' && target && mayAct(props))
    return (
      <button type="button" onClick={() => props.acts?.probe(target)}>
        Probe now
      </button>
    );
  if (command) return <Help text={command} acts={acts} />;
  if (kind === 'configuration' || kind === 'notification')
    return (
      <a class="btn" href="/service">
        {kind === 'configuration' ? 'Show what differs' : 'Show who is sent what'}
      </a>
    );
  if (!mirror) return null;
  if (kind === 'excluded')
    return (
      <a class="btn" href={mirrorAddress(mirror, 'settings')}>
        Show the rules
      </a>
    );
  if (kind === 'quarantined')
    return (
      <a class="btn" href={mirrorAddress(mirror, 'failures')}>
        Show why
      </a>
    );
  if (kind === 'behind')
    return (
      <a class="btn" href={mirrorAddress(mirror)}>
        Show the queue
      </a>
    );
  return <Help text={commandLine('status', mirror)} acts={acts} />;
}

/** The command itself, where it cannot be copied by a button. */
function Help({ text, acts }: { text: string; acts: ViewProps['acts'] }) {
  if (acts === undefined) return <Command text={text} />;
  return (
    <button type="button" class="quiet" title={text} onClick={() => acts.copy(text)}>
      Copy the command
    </button>
  );
}
