import type { Complaint } from './complaint.js';
import type { PlacedMirror } from './cross-checks.js';
import type { Infer } from './fields.js';
import type { queueSection, workerSection } from './queue.js';
import { didYouMean } from './suggest.js';

/** A worker reads the lease every 10 s and trusts what it read for 20 s; a shorter lease would end its trust between two looks. */
const SHORTEST_LEASE_MS = 60_000;

interface Written {
  readonly queue?: Infer<typeof queueSection> | undefined;
  readonly worker?: Infer<typeof workerSection> | undefined;
}

/** Complaints about a queue and its workers that only several settings together show. */
export function queueProblems(
  { queue, worker }: Written,
  mirrors: readonly PlacedMirror[],
): Complaint[] {
  return [
    ...mirrors.flatMap((mirror) => mirrorProblems(mirror, queue)),
    ...authorityProblems(queue),
    ...workerProblems(worker, queue, mirrors),
  ];
}

function mirrorProblems(
  { mirror: { workers, leaseMs }, position }: PlacedMirror,
  queue: Written['queue'],
): Complaint[] {
  if (!workers) return [];
  const at = (key: string, message: string): Complaint => ({
    path: ['mirrors', position, key],
    message,
  });
  return [
    ...(queue === undefined
      ? [
          at(
            'workers',
            'workers get their jobs from a queue, and there is none: add "queue: { redis: { url: redis://… } }"',
          ),
        ]
      : []),
    ...(leaseMs < SHORTEST_LEASE_MS
      ? [
          at(
            'lease',
            'with "workers: true" expected at least 60s (such as the default, 10m): by the lease a worker sees that it may still write',
          ),
        ]
      : []),
  ];
}

function authorityProblems(queue: Written['queue']): Complaint[] {
  const { url, ca } = queue?.redis ?? {};
  if (ca === undefined || url?.toLowerCase().startsWith('rediss:')) return [];
  return [
    {
      path: ['queue', 'redis', 'ca'],
      message:
        'redis:// speaks no TLS, so there is no certificate: write rediss://, or leave ca out',
    },
  ];
}

function workerProblems(
  worker: Written['worker'],
  queue: Written['queue'],
  mirrors: readonly PlacedMirror[],
): Complaint[] {
  if (worker === undefined) return [];
  const names = mirrors.map(({ mirror }) => mirror.name);
  const helped = mirrors.filter(({ mirror }) => mirror.workers).map(({ mirror }) => mirror.name);
  return [
    ...(queue === undefined
      ? [
          {
            path: ['worker'],
            message: 'a worker gets its jobs from a queue, and there is none',
            aboutKey: true,
          },
        ]
      : []),
    ...Object.keys(worker.sources).flatMap((name) => {
      const path = ['worker', 'sources', name];
      if (!names.includes(name))
        return [
          {
            path,
            message: `no mirror is called "${name}"${didYouMean(name, names)}`,
            aboutKey: true,
          },
        ];
      if (!helped.includes(name))
        return [{ path, message: `mirror "${name}" has no "workers: true"`, aboutKey: true }];
      return [];
    }),
  ];
}
