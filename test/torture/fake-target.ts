import { createHistory, type HistoryRecorder } from './history.js';
import { nowMs } from './journal.js';
import { type Script, scriptFaults } from './scripted-faults.js';
import { isRecorded, type TortureTarget } from './target.js';

/** A fake of a provider in this process, which outlives every daemon. */
interface Fake<Operation, Fault> {
  readonly faults: {
    next(operation: Operation, fault: Fault): void;
    readonly left: number;
  };
  readonly log: unknown[];
  close(): Promise<void>;
}

/** What differs from provider to provider. */
type OwnParts = Pick<TortureTarget, 'settings' | 'nameProblem' | 'objects' | 'uploads' | 'history'>;

/** A target whose faults are the server's, as scripted, and whose history is recorded where its objects are. */
export function fakeTarget<Operation, Fault>(
  fake: Fake<Operation, Fault>,
  script: Script<Operation, Fault>,
  own: OwnParts,
): TortureTarget {
  const scripted = scriptFaults(fake.faults, script);
  return {
    ...own,
    objects() {
      fake.log.length = 0;
      return own.objects();
    },
    read: () => {},
    leftovers: () => [],
    script: scripted.script,
    ordered: [],
    met: () => {},
    get faultsLeft() {
      return scripted.left;
    },
    get faultsMet() {
      return scripted.met;
    },
    fill: () => false,
    empty: () => {},
    close: () => fake.close(),
  };
}

/** Records what names hold from now on. `content`: its MD5; undefined: nothing. */
export function recordChanges(): Pick<HistoryRecorder, 'history'> & {
  note(name: string, content: string | undefined): void;
} {
  const { history, record } = createHistory();
  return {
    history,
    note(name, content) {
      if (isRecorded(name)) record(name, { beganMs: nowMs(), endedMs: nowMs(), content });
    },
  };
}
