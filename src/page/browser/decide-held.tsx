import { count, counted } from '../../status/units.js';
import { changesOf, phraseOf } from '../held-tree.js';
import type { PageModel } from '../model.js';
import { commandLine } from '../parts.js';
import { useState } from '../preact.js';
import type { HeldOverlay } from './store.js';

export type Decision = 'approve' | 'reject';

export interface DecideProps {
  readonly model: PageModel;
  readonly shown: HeldOverlay;
  readonly onDecide: (decision: Decision, typed: string) => void;
}

/** The decision about exactly the list that is shown. Words must be typed, so that no slip destroys anything. */
export function Decide({ shown, onDecide }: Omit<DecideProps, 'model'>) {
  const { held, mirror, deletes } = shown;
  const [decision, setDecision] = useState<Decision>('reject');
  const [typed, setTyped] = useState('');
  const all = changesOf(held);
  const phrase = phraseOf(decision, all);
  const isReady = typed.trim().toLowerCase() === phrase;
  const choose = (next: Decision) => {
    setDecision(next);
    setTyped('');
  };
  return (
    <form
      class="dfoot"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onDecide(decision, phrase);
      }}
    >
      <fieldset class="choice">
        <legend class="vh">Decision</legend>
        <Choice
          value="reject"
          chosen={decision}
          choose={choose}
          title="Reject: keep the objects"
          text={`All ${count(all)} objects stay as they are. Bring the files back from them; a file that is back is mirrored again. Can be undone.`}
        />
        <Choice
          value="approve"
          chosen={decision}
          choose={choose}
          title="Approve: this is meant"
          text={approvalText(held, deletes)}
        />
      </fieldset>
      <div class="confirm">
        <label for="typed">
          Type <code>{phrase}</code>
        </label>
        <input
          id="typed"
          value={typed}
          autocomplete="off"
          spellcheck={false}
          autocapitalize="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button
          type="submit"
          class={isReady ? (decision === 'approve' ? 'danger' : 'primary') : ''}
          disabled={!isReady}
        >
          {decision === 'approve' ? 'Approve' : 'Reject'} {counted(all, 'change')}
        </button>
        <p class="note">
          For list <code>{held.id.slice(0, 8)}</code> exactly: if it changes before you confirm,
          nothing is done. Same as <code>{commandLine(decision, mirror, held.id)}</code>
        </p>
      </div>
    </form>
  );
}

function Choice({
  value,
  chosen,
  choose,
  title,
  text,
}: {
  value: Decision;
  chosen: Decision;
  choose: (decision: Decision) => void;
  title: string;
  text: string;
}) {
  return (
    <label>
      <input
        type="radio"
        name="decision"
        value={value}
        checked={chosen === value}
        onChange={() => choose(value)}
      />
      <b>{title}</b>
      <small>{text}</small>
    </label>
  );
}

/** What an approval does, and whether it can be undone. */
function approvalText(
  { deletes, extraneous, overwrites }: HeldOverlay['held'],
  kind: HeldOverlay['deletes'],
): string {
  const gone = deletes + extraneous;
  const parts = [
    ...(gone > 0 ? [counted(gone, 'object is deleted', 'objects are deleted')] : []),
    ...(overwrites > 0 ? [counted(overwrites, 'is overwritten', 'are overwritten')] : []),
  ];
  const kept =
    kind === 'trash'
      ? 'Their content is kept in the trash for the time that is configured.'
      : 'This cannot be undone.';
  return `${parts.join(', ')}. ${kept}`;
}
