import * as z from '../config/zod.js';
import { timeOrNull } from './schema-status.js';

export const notificationRow = z.object({
  name: z.string(),
  kind: z.string().describe('Of a channel, or the form of a heartbeat.'),
  on: z.string().describe('What is sent, and when.'),
  to: z.string().nullable().describe('A host or a program; null: its secret is not there.'),
  canTest: z.boolean(),
  lastMs: timeOrNull.describe('The last delivery since the start; null: there was none.'),
  ok: z.boolean().nullable(),
  detail: z.string().describe('How long that took, or why it failed.'),
});

export const notificationsAnswer = z
  .object({ notifications: z.array(notificationRow) })
  .describe('Receivers of messages and heartbeats.');

export const testedAnswer = z
  .object({ ok: z.boolean(), detail: z.string() })
  .describe('One test message, now.');

export type NotificationRow = z.infer<typeof notificationRow>;
