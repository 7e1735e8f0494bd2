import type { QueueStatus } from '../status/schema-workers.js';
import type { FamilyCollector } from './families.js';

/** Adds what is known of the queue and of its workers. */
export function addQueueStatus({ add }: Pick<FamilyCollector, 'add'>, queue: QueueStatus): void {
  const { up, jobs, oldestMs, workers, changedHands, fenced, redone } = queue;
  const { refusedAnswers, conflicts } = queue;
  const refusing = workers.filter(({ refusals }) => refusals.length > 0).length;
  add('longshore_queue_up', [], up);
  add('longshore_queue_jobs', ['waiting'], jobs.waiting);
  add('longshore_queue_jobs', ['active'], jobs.active);
  add('longshore_queue_oldest_seconds', [], oldestMs / 1_000);
  add('longshore_workers', ['serving'], workers.length - refusing);
  add('longshore_workers', ['refusing'], refusing);
  for (const { id, objects, bytes } of workers) {
    add('longshore_worker_objects_total', [id], objects);
    add('longshore_worker_bytes_total', [id], bytes);
  }
  add('longshore_jobs_changed_hands_total', [], changedHands);
  add('longshore_jobs_fenced_total', [], fenced);
  add('longshore_jobs_redone_total', [], redone);
  add('longshore_answers_refused_total', [], refusedAnswers);
  add('longshore_worker_conflicts_total', [], conflicts);
}
