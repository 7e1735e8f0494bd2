interface Keyed {
  readonly key: string;
}

/**
 * The keys of a queue: a key waits with its job, or runs, perhaps with the newest job that was added for it meanwhile. Each
 * call is one step between these states.
 */
export interface JobKeys<J extends Keyed> {
  has(key: string): boolean;
  /** The job of this key that waits, also for the one that runs now. */
  next(key: string): J | undefined;
  readonly waiting: number;
  readonly running: number;
  /** `starts`: the job waits now, and its key did not before. `needless`: the job that another one serves from now on. */
  add(job: J): { readonly starts: boolean; readonly needless: J | undefined };
  /** The job of this key does not wait any more, but runs. Undefined: none waits. */
  begin(key: string): J | undefined;
  /** This key runs, whether or not it has a job. */
  run(key: string): void;
  /** This key does not run any more. The job that was added meanwhile waits now, and is returned. */
  end(key: string): J | undefined;
  /** A job that was begun has not run, and waits again, in the light of what was added for its key meanwhile. */
  giveBack(job: J): void;
  /** No job waits any more. Returns those that did. */
  clear(): readonly J[];
  /** The same for some keys. */
  clearSome(isOne: (key: string) => boolean): readonly J[];
  /** Whether any of some keys runs. */
  anyRuns(isOne: (key: string) => boolean): boolean;
}

/** `combine`: the job that waits, with what is known since a newer one for its key was added. */
export function createJobKeys<J extends Keyed>(combine: (waiting: J, newer: J) => J): JobKeys<J> {
  const waiting = new Map<string, J>();
  const running = new Map<string, J | undefined>();

  return {
    has: (key) => waiting.has(key) || running.has(key),
    next: (key) => running.get(key) ?? waiting.get(key),
    get waiting() {
      return waiting.size;
    },
    get running() {
      return running.size;
    },
    add(job) {
      const { key } = job;
      if (running.has(key)) {
        const needless = running.get(key);
        running.set(key, job);
        return { starts: false, needless };
      }
      const before = waiting.get(key);
      waiting.set(key, before === undefined ? job : combine(before, job));
      return before === undefined
        ? { starts: true, needless: undefined }
        : { starts: false, needless: job };
    },
    begin(key) {
      const job = waiting.get(key);
      if (job !== undefined) running.set(key, undefined);
      waiting.delete(key);
      return job;
    },
    run: (key) => void running.set(key, undefined),
    end(key) {
      const again = running.get(key);
      running.delete(key);
      if (again !== undefined) waiting.set(key, again);
      return again;
    },
    giveBack(job) {
      const newer = running.get(job.key);
      running.delete(job.key);
      waiting.set(job.key, newer === undefined ? job : combine(job, newer));
    },
    clear() {
      const after = [...running.values()].filter((job) => job !== undefined);
      const jobs = [...waiting.values(), ...after];
      waiting.clear();
      for (const key of running.keys()) running.set(key, undefined);
      return jobs;
    },
    clearSome(isOne) {
      const jobs = [...waiting.values()].filter(({ key }) => isOne(key));
      for (const { key } of jobs) waiting.delete(key);
      for (const [key, after] of running) {
        if (after === undefined || !isOne(key)) continue;
        jobs.push(after);
        running.set(key, undefined);
      }
      return jobs;
    },
    anyRuns(isOne) {
      for (const key of running.keys()) if (isOne(key)) return true;
      return false;
    },
  };
}
