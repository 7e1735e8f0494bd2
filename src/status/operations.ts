import * as z from '../config/zod.js';
import {
  mirrorQuery,
  NO_MIRROR,
  OBJECT_OPERATIONS,
  type Operation,
  page,
} from './operations-objects.js';
import { configAnswer } from './schema-config.js';
import { eventData } from './schema-events.js';
import { daysAnswer, lagAnswer, throughputAnswer } from './schema-history.js';
import {
  changesAnswer,
  decideBody,
  decidedAnswer,
  heldAnswer,
  heldObjectsAnswer,
  mirrorAnswer,
  onMirror,
  pauseBody,
  pausedAnswer,
  quarantinedAnswer,
  queueAnswer,
  requestedAnswer,
  resumeBody,
  resumedAnswer,
  retriedAnswer,
  retryBody,
} from './schema-mirror.js';
import { notificationsAnswer, testedAnswer } from './schema-notifications.js';
import { processAnswer } from './schema-process.js';
import { previewOperation, reloadOperation } from './schema-reload.js';
import { mirrorName, objectName, statusAnswer } from './schema-status.js';
import { probedAnswer, targetsAnswer } from './schema-targets.js';
import { whyAnswer } from './schema-why.js';
import { workersAnswer } from './schema-workers.js';

const logLevel = z.enum(['error', 'warn', 'info', 'debug']);
const logLevels = z
  .object({ level: logLevel, own: z.record(z.string(), logLevel).describe('By mirror or target.') })
  .describe('How much the log says.');

const event = z
  .union(
    Object.entries(eventData).map(([name, data]) =>
      z.object({ id: z.string(), event: z.literal(name), data }),
    ),
  )
  .describe('With format=lines one such object a line, and an empty line each 10 s of silence.');

/** By method and path below `/api/v1`. Each route of a running daemon is here, and no other. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...OBJECT_OPERATIONS,
  'GET /status': { summary: 'How all mirrors are', answer: statusAnswer },
  'GET /mirrors/:mirror': {
    summary: 'How one mirror is',
    answer: mirrorAnswer,
    refusals: NO_MIRROR,
  },
  'GET /mirrors/:mirror/queue': {
    summary: 'What waits for a mirror',
    answer: queueAnswer,
    refusals: NO_MIRROR,
  },
  'GET /mirrors/:mirror/quarantined': {
    summary: 'Objects that failed repeatedly',
    query: z.object(page),
    answer: quarantinedAnswer,
    refusals: NO_MIRROR,
  },
  'GET /mirrors/:mirror/lag': {
    summary: 'The lag of the last 24 hours',
    answer: lagAnswer,
    refusals: NO_MIRROR,
  },
  'GET /mirrors/:mirror/days': {
    summary: 'The last 90 days of a mirror',
    answer: daysAnswer,
    refusals: NO_MIRROR,
  },
  'GET /targets/:target/throughput': {
    summary: 'The throughput of the last hour',
    answer: throughputAnswer,
    refusals: { 404: 'There is no such target.' },
  },
  'GET /changes': {
    summary: 'What was done last',
    query: z.object({ mirror: mirrorName.optional(), ...page }),
    answer: changesAnswer,
    refusals: NO_MIRROR,
  },
  'GET /process': { summary: 'What the daemon takes of its machine', answer: processAnswer },
  'GET /targets': { summary: 'How the calls to the targets go', answer: targetsAnswer },
  'POST /targets/:target/probe': {
    summary: 'Make one small request to a target',
    answer: probedAnswer,
    refusals: { 404: 'There is no such target.' },
  },
  'GET /why': {
    summary: 'What became of an object, and what comes next',
    query: z.object({ mirror: mirrorName, name: objectName }),
    answer: whyAnswer,
    refusals: { 404: 'There is no such mirror, or no object or file has this name.' },
  },
  'GET /events': {
    summary: 'What happens from now on, or after an event',
    query: z.object({
      since: z
        .string()
        .optional()
        .describe('The id of an event; the header Last-Event-ID comes before it.'),
      format: z.enum(['event-stream', 'lines']).optional(),
    }),
    answer: event,
    contentType: 'text/event-stream',
  },
  'GET /held': {
    summary: 'What the guard of a mirror holds',
    query: mirrorQuery,
    answer: heldAnswer,
    refusals: NO_MIRROR,
  },
  'GET /held/objects': {
    summary: 'What the guard of a mirror holds, by name',
    query: mirrorQuery.extend({
      ...page,
      order: z
        .enum(['name', 'risk'])
        .optional()
        .describe(
          'risk: overwrites that look encrypted come first, and there is no second page. Default: name.',
        ),
      under: z.string().optional().describe('Only names that begin with this, as with `2019/`.'),
      q: z.string().optional().describe('Only names with this part, in any case.'),
    }),
    answer: heldObjectsAnswer,
    refusals: NO_MIRROR,
  },
  'POST /approve': {
    summary: 'Carry out what is held',
    body: decideBody,
    answer: decidedAnswer,
    refusals: { ...NO_MIRROR, 409: 'Something else is held by now: `held` has it.' },
  },
  'POST /reject': {
    summary: 'Keep the objects of what is held',
    body: decideBody,
    answer: decidedAnswer,
    refusals: { ...NO_MIRROR, 409: 'Something else is held by now: `held` has it.' },
  },
  'POST /reject/undo': {
    summary: 'Take back all rejections',
    body: onMirror,
    answer: decidedAnswer,
    refusals: NO_MIRROR,
  },
  'POST /scan': {
    summary: 'Compare a source with the index',
    body: onMirror,
    answer: requestedAnswer,
    refusals: { ...NO_MIRROR, 409: 'The mirror waits, and begins with a scan by itself.' },
  },
  'POST /reconcile': {
    summary: 'Compare source, index and container',
    body: onMirror,
    answer: requestedAnswer,
    refusals: { ...NO_MIRROR, 409: 'The mirror waits, and begins with a scan by itself.' },
  },
  'POST /retry': {
    summary: 'Try quarantined objects now',
    body: retryBody,
    answer: retriedAnswer,
    refusals: { 404: 'There is no such mirror, or the object is not quarantined.' },
  },
  'POST /pause': {
    summary: 'Let deletes and uploads of a mirror or a target wait',
    body: pauseBody,
    answer: pausedAnswer,
    refusals: { 404: 'There is no such mirror or target.' },
  },
  'POST /resume': {
    summary: 'End a pause',
    body: resumeBody,
    answer: resumedAnswer,
    refusals: { 404: 'There is no such mirror or target.' },
  },
  'GET /workers': { summary: 'The queue and its workers', answer: workersAnswer },
  'GET /notifications': {
    summary: 'Receivers of messages and heartbeats, and the last delivery to each',
    answer: notificationsAnswer,
  },
  'POST /notifications/:name/test': {
    summary: 'Send a test message',
    answer: testedAnswer,
    refusals: {
      404: 'There is no such receiver.',
      409: 'It is a heartbeat: a test would say that all is well.',
    },
  },
  'GET /reload': previewOperation,
  'POST /reload': reloadOperation,
  'GET /config': {
    summary: 'The settings in force, and what the file on disk says',
    answer: configAnswer,
  },
  'GET /log-level': { summary: 'How much the log says', answer: logLevels },
  'POST /log-level': {
    summary: 'Change how much the log says, until the daemon ends',
    body: z.object({
      module: z.string().describe('A mirror, a target, or `all`.'),
      level: z.enum(['error', 'warn', 'info', 'debug', 'default']),
    }),
    answer: logLevels,
    refusals: { 404: 'There is no such mirror or target.' },
  },
  'GET /diagnostics': {
    summary: 'A bundle for a bug report',
    query: z.object({ 'hide-names': z.enum(['yes', 'no']).optional() }),
    answer: z.string().describe('Versions, states, the configuration without secrets, the log.'),
    contentType: 'text/plain',
  },
};
