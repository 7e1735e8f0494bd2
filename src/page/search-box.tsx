import { count } from '../status/units.js';
import type { Acts } from './acts.js';
import type { Found } from './api.js';
import { Escaped, Name } from './names.js';
import { useRef, useState } from './preact.js';

/** Finds objects by a part of their name while one types; Enter explains the first of them, or exactly the path that was typed. */
export function SearchBox({ acts }: { acts: Acts }) {
  const [words, setWords] = useState('');
  const [found, setFound] = useState<FoundFor | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);

  async function find(text: string, before: Found | undefined): Promise<void> {
    const next = await acts.find(text, before?.next ?? undefined);
    if (next !== undefined)
      setFound({ ...next, names: [...(before?.names ?? []), ...next.names], words: text });
  }

  function type(text: string): void {
    setWords(text);
    if (text.trim() === '') setFound(undefined);
    void find(text.trim(), undefined);
  }

  function explain(mirror: string, name: string): void {
    type('');
    field.current?.focus(); // where the dialog gives the focus back
    acts.openWhy(mirror, name);
  }

  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const [first] = found?.words === words.trim() ? found.names : [];
          if (first !== undefined) explain(first.mirror, first.name);
          else acts.search(words);
        }}
      >
        <label class="vh" for="q">
          Find a path in all mirrors
        </label>
        <input
          ref={field}
          id="q"
          name="q"
          type="search"
          placeholder="Find a path"
          autocomplete="off"
          spellcheck={false}
          value={words}
          onInput={(event) => type(event.currentTarget.value)}
        />
        <kbd>/</kbd>
        {found === undefined || words.trim() === '' ? null : (
          <Results found={found} explain={explain} goOn={() => void find(found.words, found)} />
        )}
      </form>
    </search>
  );
}

interface FoundFor extends Found {
  readonly words: string;
}

function Results({
  found: { names, more, words },
  explain,
  goOn,
}: {
  found: FoundFor;
  explain: (mirror: string, name: string) => void;
  goOn: () => void;
}) {
  return (
    <section class="results" aria-label="Objects found" aria-live="polite">
      {names.map(({ mirror, name }) => (
        <button type="button" onClick={() => explain(mirror, name)} key={`${mirror} ${name}`}>
          <span class="muted">
            <Escaped text={mirror} />
          </span>
          <Name name={name} most={40} />
        </button>
      ))}
      {names.length === 0 ? (
        <p>
          {more ? 'No name so far contains ' : 'No object name contains '}
          <Escaped text={`“${words}”`} />.
        </p>
      ) : null}
      {more ? (
        <button type="button" onClick={goOn}>
          Look further
        </button>
      ) : names.length > 1 ? (
        <p>{count(names.length)} objects</p>
      ) : null}
    </section>
  );
}
