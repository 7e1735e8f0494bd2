import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import type { JobKind, MirrorStatus } from '../events.js';
import { createTransferMeter, type TransferMeter } from './transfer-meter.js';

/** The jobs of a mirror that run now, by the name of their object, or of the first of a batch. */
export interface RunningJobs {
  /** `objects`: of a batch. */
  begin(name: ObjectName, job: JobKind, bytes: number, objects?: number): void;
  end(name: ObjectName): void;
  /** See MirrorStats. */
  sending(name: ObjectName, size: number, partSize: number): TransferMeter['add'];
  kindOf(name: ObjectName): JobKind | undefined;
  /** On the monotonic clock, in milliseconds. */
  beganMs(name: ObjectName): number | undefined;
  rows(): MirrorStatus['running'];
}

interface Running {
  readonly job: JobKind;
  readonly bytes: number;
  readonly beganMs: number;
  readonly objects?: number;
  readonly transfer?: TransferMeter;
}

export function createRunningJobs(clock: Pick<Clock, 'monotonic'>): RunningJobs {
  const running = new Map<ObjectName, Running>();
  return {
    begin(name, job, bytes, objects) {
      const beganMs = clock.monotonic();
      running.set(name, { job, bytes, beganMs, ...(objects !== undefined && { objects }) });
    },
    end: (name) => void running.delete(name),
    sending(name, size, partSize) {
      const transfer = createTransferMeter(size, partSize, clock);
      const row = running.get(name);
      if (row !== undefined) running.set(name, { ...row, transfer });
      return transfer.add;
    },
    kindOf: (name) => running.get(name)?.job,
    beganMs: (name) => running.get(name)?.beganMs,
    rows: () =>
      [...running].map(([name, { beganMs, transfer, ...row }]) => ({
        ...row,
        name,
        seconds: (clock.monotonic() - beganMs) / 1_000,
        ...transfer?.figures(),
      })),
  };
}
