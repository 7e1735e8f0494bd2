/** One metric, as Prometheus knows it: https://prometheus.io/docs/practices/naming/ is the source of the names. */
export interface MetricFacts {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const gauge = (labels: readonly string[], help: string) =>
  ({ type: 'gauge', help, labels }) as const;
const counter = (labels: readonly string[], help: string) =>
  ({ type: 'counter', help, labels }) as const;
const histogram = (labels: readonly string[], help: string) =>
  ({ type: 'histogram', help, labels }) as const;

/**
 * All metrics of longshore. Labels have few values each: names of mirrors and targets from the configuration, and words of the
 * program. No label has the name of an object. docs/metrics.md is made from this table.
 */
export const METRICS = {
  longshore_info: gauge(['version'], 'Always 1; its label is the version of the program.'),
  longshore_start_time_seconds: gauge([], 'Unix time at which the program started.'),
  longshore_log_lines_total: counter(
    ['level'],
    'Lines for the log by level, also those that were not written because there were many equal ones or the log was too slow.',
  ),

  longshore_mirror_info: gauge(
    ['mirror', 'target', 'deletes'],
    'Always 1; its labels are the settings of the mirror.',
  ),
  longshore_mirror_state: gauge(
    ['mirror', 'state'],
    'Whether the mirror is in this state: 1 for one of its states, 0 for the others.',
  ),
  longshore_mirror_lag_seconds: gauge(
    ['mirror'],
    'Age of the oldest local change that is not confirmed in the container; missing while a scan is still to find out.',
  ),
  longshore_mirror_lag_known: gauge(
    ['mirror'],
    'Whether the lag is known: 0 while a scan is still to find out.',
  ),
  longshore_mirror_max_lag_seconds: gauge(
    ['mirror'],
    'The configured max_lag, above which the mirror is behind; missing where there is none.',
  ),
  longshore_mirror_last_success_timestamp_seconds: gauge(
    ['mirror', 'kind'],
    'Unix time of the last success: the end of a scan or reconcile of the whole source, the last moment in sync, or the last job of a kind; missing before the first.',
  ),
  longshore_mirror_last_run_success: gauge(
    ['mirror', 'run'],
    'Whether the last run of this kind saw the whole source: 0 when it failed or could not read a part.',
  ),
  longshore_mirror_last_run_duration_seconds: gauge(
    ['mirror', 'run'],
    'How long the last run of this kind over the whole source took.',
  ),

  longshore_mirror_objects: gauge(
    ['mirror', 'state'],
    'Objects by state: stored (in the container, in some version), in_sync (at least so many), pending, retrying, failing, held, and excluded (kept although the filters exclude their files).',
  ),
  longshore_mirror_excluded_entries: gauge(
    ['mirror'],
    'Entries of the source that the filters excluded at the last scan, a folder with all that is in it as one.',
  ),
  longshore_mirror_bytes: gauge(
    ['mirror', 'state'],
    'Content by state: source (files that the last scan found), pending (files whose work waits or runs), running (in the jobs that run).',
  ),
  longshore_mirror_skipped_files: gauge(
    ['mirror', 'reason'],
    'Files that the last scan skipped, by reason.',
  ),
  longshore_mirror_running_jobs: gauge(['mirror'], 'Jobs that run; a batch is one.'),

  longshore_jobs_total: counter(['mirror', 'kind', 'result'], 'Jobs that ended, one per object.'),
  longshore_job_duration_seconds: histogram(
    ['mirror', 'kind'],
    'How long the jobs took that succeeded; each object of a batch took as long as the batch.',
  ),
  longshore_sent_bytes_total: counter(
    ['mirror'],
    'Content of the objects that were sent and confirmed.',
  ),
  longshore_runs_total: counter(
    ['mirror', 'run', 'result'],
    'Scans and reconciles that ended: complete, partial (a part of the source could not be read) or failed.',
  ),

  longshore_request_duration_seconds: histogram(
    ['target', 'class'],
    'Duration of the requests to the target, each attempt by itself, without waits for the configured limits.',
  ),
  longshore_request_failures_total: counter(
    ['target', 'class', 'error'],
    'Requests that failed, by class of the error.',
  ),
  longshore_request_bytes_total: counter(
    ['target', 'direction'],
    'Content of the requests that succeeded, and of reads that began: sent or received.',
  ),
  longshore_conflicts_total: counter(
    ['target'],
    'Conditional writes of this process that were refused, as another object stood there than it believed.',
  ),
  longshore_throttles_total: counter(
    ['target'],
    'Requests that the provider refused because there were too many.',
  ),
  longshore_limit_waits_total: counter(
    ['target'],
    'Waits for the configured request_rate and bandwidth.',
  ),
  longshore_limit_wait_seconds_total: counter(
    ['target'],
    'Time spent in these waits, added up over requests.',
  ),
  longshore_request_slots: gauge(
    ['target'],
    'Requests that may be under way at once: fewer after the provider has throttled.',
  ),
  longshore_request_slots_limit: gauge(
    ['target'],
    'Requests that may be under way at once, as configured.',
  ),

  longshore_watch_losses_total: counter(
    ['mirror'],
    'How often events of the source may have been lost, each followed by a scan.',
  ),
  longshore_watch_folders: gauge(['mirror'], 'Folders that are watched.'),
  longshore_watch_degraded_folders: gauge(
    ['mirror'],
    'Parts of the source that are not watched, but scanned on a timer.',
  ),

  longshore_verify_share_ratio: gauge(
    ['mirror'],
    'Share of the objects that were read back within the configured time, from 0 to 1.',
  ),
  longshore_verify_oldest_proof_timestamp_seconds: gauge(
    ['mirror'],
    'Unix time at which the object was read back that was not read back for the longest.',
  ),
  longshore_verify_never_verified_objects: gauge(['mirror'], 'Objects that were never read back.'),
  longshore_verify_damaged_objects: gauge(
    ['mirror'],
    'Objects that were read back, are not what was sent, and were not healed.',
  ),
  longshore_verify_unreadable_objects: gauge(
    ['mirror'],
    'Objects that could not be read back, or have no checksum to compare with.',
  ),
  longshore_damage_found_total: counter(
    ['mirror', 'problem'],
    'Objects that were found damaged, changed or missing when they were read back.',
  ),

  longshore_guard_holding: gauge(
    ['mirror'],
    'Whether the guard holds deletes or overwrites until a person decides.',
  ),
  longshore_guard_held_since_timestamp_seconds: gauge(
    ['mirror'],
    'Unix time since which changes are held; missing when none are.',
  ),

  longshore_lease_held: gauge(
    ['mirror'],
    'Whether this process has the lease of the mirror; missing where there is no lease.',
  ),
  longshore_lease_fence: gauge(
    ['mirror'],
    'Number that grows with each change of the holder of the lease.',
  ),
  longshore_lease_renewed_timestamp_seconds: gauge(
    ['mirror'],
    'Unix time of the last renewal of the lease.',
  ),

  longshore_queue_up: gauge(
    [],
    'Whether jobs are given out to workers on other machines; missing without a queue in the configuration.',
  ),
  longshore_queue_jobs: gauge(['state'], 'Jobs in the queue: waiting, or active at a worker.'),
  longshore_queue_oldest_seconds: gauge(
    [],
    'Age of the oldest job that waits or is active; 0 without any.',
  ),
  longshore_workers: gauge(
    ['state'],
    'Workers that were heard of lately: serving, or refusing (they return the jobs of some mirror).',
  ),
  longshore_worker_objects_total: counter(
    ['worker'],
    'Objects that a worker has confirmed since it started.',
  ),
  longshore_worker_bytes_total: counter(['worker'], 'Content of these objects.'),
  longshore_jobs_changed_hands_total: counter(
    [],
    'Jobs that two workers may have begun, as one fell silent; their objects are looked at twice.',
  ),
  longshore_jobs_fenced_total: counter(
    [],
    'Jobs that a worker returned because it could not be sure of its right to write any more.',
  ),
  longshore_jobs_redone_total: counter(
    [],
    'Jobs that were given out again, or were taken back and done by the daemon.',
  ),
  longshore_answers_refused_total: counter(
    [],
    'Answers of workers that are not believed, or not all of them: the provider, or the job, says otherwise.',
  ),
  longshore_worker_conflicts_total: counter(
    [],
    'Files that workers did not send, as their condition was refused: another object stood there. The daemon decides them again.',
  ),
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricName = keyof typeof METRICS;
