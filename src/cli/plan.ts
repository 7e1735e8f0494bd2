import { resolve } from 'node:path';
import type { PlanHeader, PlanLine, PlannedMirror } from '../plan/plan-file.js';
import { type Plan, readPlan } from '../plan/read-plan.js';
import { costOf, NO_REQUESTS, type Requests, requestsOf, sumOf } from '../plan/requests.js';
import { printable } from '../printable.js';
import { bytes, count, counted } from '../status/units.js';
import type { JobKind } from '../sync/events.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import { type Output, openOutput } from './output.js';
import { plannedLine } from './summary.js';

/** `plan show FILE`: what a plan would do, for people. `summary`: only the sums. */
export async function showPlan(
  file: string,
  { summary }: { readonly summary: boolean },
  io: Io,
): Promise<number> {
  const plan = await readPlan(resolve(io.cwd, file));
  const output = openOutput(io.stdout);
  const sums = new Map(plan.header.mirrors.map((mirror) => [mirror.name, startSum(mirror)]));
  for await (const line of plan.lines()) {
    if (output.closed.aborted) return EXIT.OK;
    sums.get(line.mirror)?.add(line);
    if (!summary) output.line(plannedLine(line));
  }
  printSums(output, plan, [...sums.values()]);
  await output.finish();
  return EXIT.OK;
}

/** What the actions of one mirror come to. */
interface PlanSum {
  readonly mirror: PlannedMirror;
  readonly jobs: ReadonlyMap<JobKind, number>;
  readonly sent: number;
  readonly deleted: number;
  readonly requests: Requests;
  add(line: PlanLine): void;
}

function startSum(mirror: PlannedMirror): PlanSum {
  const jobs = new Map<JobKind, number>();
  let sent = 0;
  let deleted = 0;
  let requests = NO_REQUESTS;
  return {
    mirror,
    jobs,
    get sent() {
      return sent;
    },
    get deleted() {
      return deleted;
    },
    get requests() {
      return requests;
    },
    add(line) {
      jobs.set(line.job, (jobs.get(line.job) ?? 0) + 1);
      if (line.job === 'upload_object') sent += line.bytes;
      if (line.job === 'delete_object') deleted += line.evidence.record?.size ?? 0;
      requests = sumOf(requests, requestsOf(line, mirror));
    },
  };
}

const WORDS: readonly (readonly [JobKind, string])[] = [
  ['upload_object', 'to upload'],
  ['copy_object', 'to copy within the container'],
  ['delete_object', 'to delete'],
  ['refresh_metadata', 'to be given other metadata, or a new record'],
  ['adopt', 'there already, to be recorded'],
  ['forget', 'to be forgotten'],
];

function printSums(output: Output, { header, actions }: Plan, sums: readonly PlanSum[]): void {
  for (const sum of sums) printSum(output, sum);
  output.line(`${counted(actions, 'action', 'actions')}, planned at ${madeAt(header)}`);
}

function madeAt({ made }: PlanHeader): string {
  return printable(made);
}

function printSum(output: Output, { mirror, jobs, sent, deleted, requests }: PlanSum): void {
  const { name, source, target, container, prefix } = mirror;
  output.line(
    `${printable(name)}: ${printable(source)} to ${printable(`${container}/${prefix}`)} at ${printable(target)}`,
  );
  for (const [job, words] of WORDS) {
    const number = jobs.get(job) ?? 0;
    if (number === 0) continue;
    const size = job === 'upload_object' ? sent : job === 'delete_object' ? deleted : undefined;
    output.line(`  ${count(number)} ${words}${size === undefined ? '' : ` (${bytes(size)})`}`);
  }
  if (jobs.size === 0) output.line('  nothing to do');
  else output.line(`  ${requestsLine(requests, mirror)}`);
}

function requestsLine(requests: Requests, mirror: PlannedMirror): string {
  const { write, read, delete: deletes } = requests;
  const cost = costOf(requests, mirror);
  const price =
    cost === undefined ? '' : `; about $${cost.dollars.toFixed(2)} at the list price of ${cost.of}`;
  return `requests: ${count(write)} write, ${count(read)} read, ${count(deletes)} delete${price}`;
}
