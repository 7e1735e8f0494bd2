import { useState } from '../preact.js';
import { Dialog } from './dialog.js';
import { keepKeys, keysAreOn } from './kept.js';

const KEYS = [
  ['Find a path', ['/']],
  ['Overview, mirror 1 to 9', ['0', '1', '…', '9']],
  ['Held changes', ['h']],
  ['Tabs, points of a plot', ['←', '→']],
  ['Light, dark', ['t']],
  ['This list', ['?']],
  ['Close', ['Esc']],
] as const;

/** The keys of the page, and the switch that turns single ones off (WCAG 2.2, 2.1.4). */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(keysAreOn());
  return (
    <Dialog kind="modal small" title="Keyboard" onClose={onClose}>
      <div class="dbody">
        <dl class="facts">
          {KEYS.map(([what, keys]) => (
            <>
              <dt>{what}</dt>
              <dd>
                {keys.map((key) => (
                  <>
                    <kbd>{key}</kbd>{' '}
                  </>
                ))}
              </dd>
            </>
          ))}
        </dl>
        <p class="filters">
          <label>
            <input
              type="checkbox"
              checked={on}
              onChange={() => {
                keepKeys(!on);
                setOn(!on);
              }}
            />{' '}
            Single-key shortcuts
          </label>
        </p>
      </div>
    </Dialog>
  );
}
