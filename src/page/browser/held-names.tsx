import { bytes, count, counted } from '../../status/units.js';
import { type HeldNode, heldTree, SHOWN_OF_FOLDER } from '../held-tree.js';
import { Icon } from '../icons.js';
import { Name } from '../names.js';
import { commandLine } from '../parts.js';
import { useState } from '../preact.js';
import type { HeldOverlay } from './store.js';

/** The names of what is held, as a tree. What looks like an attack comes first. */
export function HeldNames({ shown }: { shown: HeldOverlay }) {
  const [filter, setFilter] = useState('');
  const { objects, more } = shown.listed;
  const kept = objects.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const of = (change: string) => kept.filter((each) => each.change === change);
  return (
    <div class="tree">
      <div class="bar">
        <h3>What is held</h3>
        <span class="muted">
          {more ? `the first ${count(objects.length)} names; ` : ''}all:{' '}
          <code>{`${commandLine('held', shown.mirror)} --json`}</code>
        </span>
        <input
          type="search"
          placeholder="Filter"
          aria-label="Filter the held names"
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Held changes">
        <Group title="Overwrites that look encrypted" icon="degraded" nodes={of('overwrite')} />
        <Group title="Deletes" icon="trash" nodes={of('delete')} />
      </section>
    </div>
  );
}

function Group({
  title,
  icon,
  nodes,
}: {
  title: string;
  icon: 'degraded' | 'trash';
  nodes: HeldOverlay['listed']['objects'];
}) {
  if (nodes.length === 0) return null;
  const tree = heldTree(nodes);
  return (
    <>
      <p class="k">
        <Icon name={icon} tone={icon === 'trash' ? 'held' : 'bad'} />
        {title} <span class="muted">{counted(nodes.length, 'object')}</span>
      </p>
      <Nodes nodes={tree} open={tree.length <= 3} />
    </>
  );
}

function Nodes({ nodes, open }: { nodes: readonly HeldNode[]; open: boolean }) {
  const folders = nodes.filter(({ children }) => children.length > 0);
  const files = nodes.filter(({ children }) => children.length === 0);
  return (
    <>
      {folders.map((node) => (
        <details open={open} key={node.label}>
          <summary>
            <Icon name="chev" />
            <Name name={node.label} />
            <span class="n">{counted(node.objects, 'object')}</span>
            <span class="n b">{node.bytes > 0 ? bytes(node.bytes) : ''}</span>
          </summary>
          <Nodes nodes={node.children} open={false} />
        </details>
      ))}
      {files.length === 0 ? null : (
        <ul>
          {files.slice(0, SHOWN_OF_FOLDER).map(({ label, bytes: size }) => (
            <li key={label}>
              <span />
              <Name name={label} most={52} />
              <span class="n" />
              <span class="n b">{size > 0 ? bytes(size) : ''}</span>
            </li>
          ))}
          {files.length > SHOWN_OF_FOLDER ? (
            <li class="muted">
              <span />
              <span>and {count(files.length - SHOWN_OF_FOLDER)} more</span>
            </li>
          ) : null}
        </ul>
      )}
    </>
  );
}
