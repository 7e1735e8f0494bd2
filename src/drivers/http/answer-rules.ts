import { type ErrorContext, UnprovenAnswerError } from '../errors.js';
import type { HttpHeaders } from './exchange.js';
import { actionWithPlace, type Subject } from './refusal.js';

// An answer confirms an operation only if it satisfies the rule of that operation: a captive portal, a proxy or another
// web server answers 200 to everything. Each driver has one table of rules.

/** An answer as far as it has been read. */
export interface AnswerRead {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Undefined: the content of an object, or the answer to a HEAD. */
  readonly body: string | undefined;
}

/** What is wrong with a body, in a few words; undefined: nothing. */
export type BodyRule = (
  answer: AnswerRead & { readonly body: string },
  subject: Subject,
) => string | undefined;

/** What the answer of success to one operation must carry. */
export interface AnswerRule {
  readonly statuses: readonly number[];
  /** Headers that must be there, and the form that each must have. */
  readonly headers?: Readonly<Record<string, RegExp>>;
  /** Statuses that are believed without a header of the provider's own: the rest of the rule is proof enough. */
  readonly unmarked?: readonly number[];
  readonly body?: BodyRule;
}

/** How the answers of one protocol are distinguished from those of any web server. */
export interface Protocol {
  readonly driver: string;
  /** For people. */
  readonly name: string;
  /** Whether an answer bears a header that only a server of this protocol sends. */
  isMarked(headers: HttpHeaders): boolean;
  /** Whether a refusal's body is one of this protocol. */
  isRefusal(body: string): boolean;
}

/** What is wrong with an answer of success, in a few words; undefined: it is what the operation's answer must be. */
export function flawIn(
  answer: AnswerRead,
  rule: AnswerRule,
  protocol: Protocol,
  subject: Subject,
): string | undefined {
  const { status, headers, body } = answer;
  if (!rule.statuses.includes(status)) return `the status must be ${rule.statuses.join(' or ')}`;
  const flaw =
    headerFlaw(headers, rule.headers ?? {}) ??
    (body === undefined ? undefined : rule.body?.({ ...answer, body }, subject)) ??
    (rule.unmarked?.includes(status) || protocol.isMarked(headers)
      ? undefined
      : `no header of ${protocol.name}`);
  return flaw === undefined ? undefined : (webPage(answer) ?? flaw);
}

/** Refusals from which a caller concludes something: what is absent, what a condition says, where to go instead. */
const CONCLUSIVE = new Set([404, 407, 409, 410, 412, 416, 511]);

/** What is wrong with a refusal that says something of the provider's content; undefined: the provider gave it. */
export function flawInRefusal(answer: AnswerRead, protocol: Protocol): string | undefined {
  const { status, headers, body = '' } = answer;
  if (!CONCLUSIVE.has(status) && !(status >= 300 && status <= 399)) return undefined;
  if (protocol.isMarked(headers) || protocol.isRefusal(body)) return undefined;
  return webPage(answer) ?? `no header of ${protocol.name}`;
}

/** An answer with this flaw as an error of the target, worth another try. */
export function unproven(
  { status }: Pick<AnswerRead, 'status'>,
  flaw: string,
  { driver, name }: Protocol,
  subject: Subject,
  context: Partial<ErrorContext> = {},
): UnprovenAnswerError {
  const about = subject.key === undefined ? '' : `object ${JSON.stringify(subject.key)}: `;
  const message = `${about}${actionWithPlace(subject)}: answered ${status}, but not as ${name} does: ${flaw}`;
  return new UnprovenAnswerError(message, { driver, retry: 'backoff', ...context });
}

/** A web page is the usual case, and its content type says most to people. */
function webPage({ headers, body }: AnswerRead): string | undefined {
  const type = headers['content-type'];
  const isPage =
    type !== undefined && /html/i.test(type) && headers['content-length'] !== '0' && body !== '';
  return isPage ? `content-type ${type.slice(0, 60)}` : undefined;
}

function headerFlaw(
  headers: HttpHeaders,
  wanted: Readonly<Record<string, RegExp>>,
): string | undefined {
  for (const [name, form] of Object.entries(wanted)) {
    const value = headers[name];
    if (value === undefined || value === '') return `no ${name}`;
    if (!form.test(value)) return `${name} ${JSON.stringify(value.slice(0, 60))}`;
  }
  return undefined;
}
