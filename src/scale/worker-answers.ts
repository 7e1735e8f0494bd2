import type { Logger } from '../log.js';
import type { JobKind } from './dispatcher.js';

/** Whose answer it is, as far as that is known. */
export interface AnsweredJob {
  readonly mirror: string;
  readonly kind?: JobKind;
  readonly worker?: string;
  readonly job?: string;
}

/** What came of the answers of workers, since the start. */
export interface AnswerCounts {
  /** Answers that are not believed, and those whose claims were not all true. */
  readonly refusedAnswers: number;
  /** Files that a worker did not send, as the provider has another object than the daemon believes. */
  readonly conflicts: number;
}

export interface WorkerAnswers {
  readonly counts: AnswerCounts;
  /** Logs and counts it. `detail`: why, for a person. */
  refused(answer: AnsweredJob, detail: string): void;
  conflicted(files: number): void;
}

export function countWorkerAnswers(log: Pick<Logger, 'warn'>): WorkerAnswers {
  const counts = { refusedAnswers: 0, conflicts: 0 };
  return {
    counts,
    refused(answer, detail) {
      counts.refusedAnswers += 1;
      log.warn('answer of a worker refused', { ...answer, detail });
    },
    conflicted(files) {
      counts.conflicts += files;
    },
  };
}
