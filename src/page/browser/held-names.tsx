import { bytes, count, counted } from '../../status/units.js';
import type { HeldObjects } from '../api.js';
import { type HeldNode, heldTree, ownIn, SHOWN_OF_FOLDER } from '../held-tree.js';
import { Icon } from '../icons.js';
import { Name } from '../names.js';
import { commandLine } from '../parts.js';
import { useState } from '../preact.js';
import type { HeldOverlay } from './store.js';

type HeldObject = HeldObjects['objects'][number];

/** Some of what is held: `under` a folder, or with a part `q` in the name. Undefined: nothing came, or something else was asked. */
export type FindHeld = (
  mirror: string,
  wanted: { readonly under: string } | { readonly q: string },
) => Promise<HeldObjects | undefined>;

export interface HeldNamesProps {
  readonly shown: HeldOverlay;
  readonly find: FindHeld;
}

/** The names of what is held. What looks like an attack comes first, then the folders with how much of each is held. */
export function HeldNames({ shown, find }: HeldNamesProps) {
  const [filter, setFilter] = useState('');
  const [found, setFound] = useState<HeldObjects | undefined>(undefined);
  const { objects, more } = shown.listed;
  const typed = (text: string) => {
    setFilter(text);
    if (text === '') return setFound(undefined);
    if (!more) {
      const kept = objects.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
      return setFound({ objects: kept, more: false });
    }
    void find(shown.mirror, { q: text }).then((answer) => answer && setFound(answer));
  };
  return (
    <div class="tree">
      <div class="bar">
        <h3>What is held</h3>
        <span class="muted">
          all names: <code>{`${commandLine('held', shown.mirror)} --json`}</code>
        </span>
        <input
          type="search"
          placeholder="Filter"
          aria-label="Filter the held names"
          onInput={(event) => typed(event.currentTarget.value)}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Held changes">
        {filter !== '' && found !== undefined ? (
          <Found found={found} />
        ) : (
          <Folders shown={shown} find={find} />
        )}
      </section>
    </div>
  );
}

function Found({ found: { objects, more } }: { found: HeldObjects }) {
  if (objects.length === 0) return <p class="k">Nothing that is held has such a name.</p>;
  return <Names objects={objects} more={more ? 'and more' : ''} />;
}

function Folders({ shown, find }: HeldNamesProps) {
  const { objects, folders = [] } = shown.listed;
  const overwrites = objects.filter(({ change }) => change === 'overwrite');
  const tree = heldTree(folders);
  const top = ownIn('', objects);
  return (
    <>
      {overwrites.length === 0 ? null : (
        <>
          <p class="k">
            <Icon name="degraded" tone="bad" />
            Overwrites that look encrypted{' '}
            <span class="muted">{counted(shown.held.overwrites, 'object')}</span>
          </p>
          <Names objects={overwrites} more={restText(shown.held.overwrites)} />
        </>
      )}
      {tree.length + top.length === 0 ? null : (
        <p class="k">
          <Icon name="trash" tone="held" />
          By folder
        </p>
      )}
      {tree.map((node) => (
        <Folder node={node} shown={shown} find={find} open={tree.length === 1} key={node.name} />
      ))}
      {top.length === 0 ? null : <Names objects={top} more="" />}
    </>
  );
}

function restText(all: number): string {
  return all > SHOWN_OF_FOLDER ? `and ${count(all - SHOWN_OF_FOLDER)} more` : '';
}

/** A folder; its own names are fetched when it is opened. */
function Folder({ node, shown, find, open }: HeldNamesProps & { node: HeldNode; open: boolean }) {
  const { name, label, held, of, bytes: size, children, own } = node;
  const known = ownIn(name, shown.listed.objects);
  const [fetched, setFetched] = useState<readonly HeldObject[] | undefined>(undefined);
  const names = fetched ?? known;
  const isWhole = names.length >= Math.min(own, SHOWN_OF_FOLDER);
  return (
    <details
      open={open}
      onToggle={(event) => {
        if (!event.currentTarget.open || isWhole || children.length > 0) return;
        void find(shown.mirror, { under: name }).then(
          (answer) => answer && setFetched(ownIn(name, answer.objects)),
        );
      }}
    >
      <summary>
        <Icon name="chev" />
        <Name name={label} />
        <span class="n">
          {held === of ? `all ${count(held)}` : `${count(held)} of ${count(of)}`}
        </span>
        <span class="n b">{size > 0 ? bytes(size) : ''}</span>
      </summary>
      {children.map((child) => (
        <Folder node={child} shown={shown} find={find} open={false} key={child.name} />
      ))}
      {own === 0 ? null : <Names objects={names} more={moreText(own, names.length)} />}
    </details>
  );
}

function moreText(all: number, known: number): string {
  const rest = all - Math.min(known, SHOWN_OF_FOLDER);
  return rest > 0 ? `and ${count(rest)} more` : '';
}

function Names({ objects, more }: { objects: readonly HeldObject[]; more: string }) {
  return (
    <ul>
      {objects.slice(0, SHOWN_OF_FOLDER).map(({ name, bytes: size }) => (
        <li key={name}>
          <span />
          <Name name={name} most={52} />
          <span class="n" />
          <span class="n b">{size ? bytes(size) : ''}</span>
        </li>
      ))}
      {more === '' ? null : (
        <li class="muted">
          <span />
          <span>{more}</span>
        </li>
      )}
    </ul>
  );
}
