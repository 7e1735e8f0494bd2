import type { PageModel } from '../model.js';
import { useState } from '../preact.js';
import { minuteOf } from '../times.js';
import { Dialog } from './dialog.js';
import { nextTime } from './platform.js';

/** What a pause is about; nothing: all mirrors. */
export interface PauseWhat {
  readonly mirror?: string;
  readonly target?: string;
}

export interface PauseProps {
  readonly model: PageModel;
  readonly onPause: (what: PauseWhat, untilMs: number) => void;
  readonly onClose: () => void;
}

const SUB =
  'Changes are still noticed and counted as lag, but nothing is sent or deleted. longshore resumes by itself at the end, also after a restart. A pause without an end does not exist.';

/** Pauses all, one mirror or one target, until a time. */
export function PauseDialog({ model, onPause, onClose }: PauseProps) {
  const { nowMs, zone, status, place, targets } = model;
  const names = place.page === 'mirror' ? [place.mirror] : status.mirrors.map((one) => one.mirror);
  const choices: readonly (readonly [word: string, what: PauseWhat])[] = [
    ['All mirrors', {}],
    ...names.map((mirror) => [`Only ${mirror}`, { mirror }] as const),
    ...targets.map(({ target }) => [`Target ${target}`, { target }] as const),
  ];
  const ends = [30 * 60_000, 2 * 3_600_000, 8 * 3_600_000].map((ms) => nowMs + ms);
  const [what, setWhat] = useState(place.page === 'mirror' ? 1 : 0);
  const [end, setEnd] = useState(0);
  const [time, setTime] = useState('20:00');
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const untilMs = ends[end] ?? nextTime(hours, minutes, nowMs);
  return (
    <Dialog kind="modal small" title="Pause until …" sub={SUB} onClose={onClose}>
      <form
        class="dbody"
        onSubmit={(event) => {
          event.preventDefault();
          onPause(choices[what]?.[1] ?? {}, untilMs);
        }}
      >
        <fieldset>
          <legend class="soft">What</legend>
          <div class="opts">
            {choices.map(([word], at) => (
              <label key={word}>
                <input
                  type="radio"
                  name="what"
                  checked={what === at}
                  onChange={() => setWhat(at)}
                />
                {word}
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend class="soft">Until</legend>
          <div class="opts by2">
            {ends.map((ms, at) => (
              <label key={['30 min', '2 h', '8 h'][at]}>
                <input type="radio" name="end" checked={end === at} onChange={() => setEnd(at)} />
                {minuteOf(ms, zone)} ({['30 min', '2 h', '8 h'][at]})
              </label>
            ))}
            <label>
              <input
                type="radio"
                name="end"
                checked={end === ends.length}
                onChange={() => setEnd(ends.length)}
              />
              another time{' '}
              <input
                type="time"
                value={time}
                required
                aria-label="Time of the end"
                onInput={(event) => {
                  setTime(event.currentTarget.value);
                  setEnd(ends.length);
                }}
              />
            </label>
          </div>
        </fieldset>
        <button type="submit" class="primary">
          Pause
        </button>
      </form>
    </Dialog>
  );
}
