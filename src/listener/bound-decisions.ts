import type { Logger } from '../log.js';
import {
  type Answer,
  API,
  type ApiRequest,
  type ApiRoute,
  isStream,
  type JsonAnswer,
  RefusedError,
} from '../status/api.js';
import type { Confirmations, Decision, Shown } from './confirmations.js';

export interface DecisionOptions {
  readonly confirmations: Confirmations;
  readonly log: Logger;
}

/**
 * The routes with what binds a decision to what was shown: `GET /held` gives a confirmation for either decision, and
 * `POST /approve` and `/reject` take one, with the words that the person has typed. When anything differs from what is held by
 * now, the answer is 409 with the present list, and nothing is done. (On the control socket the id of the list suffices.)
 *
 * @throws TypeError when there is a decision without a list
 */
export function boundToShown(
  routes: readonly ApiRoute[],
  options: DecisionOptions,
): readonly ApiRoute[] {
  const held = routes.find(({ method, path }) => method === 'GET' && path === `${API}/held`);
  return routes.map((route) => {
    if (route === held) return { ...route, answer: (request) => offer(route, request, options) };
    const decision = decisionOf(route);
    if (decision === undefined) return route;
    if (held === undefined) throw new TypeError(`${route.path} without ${API}/held`);
    return { ...route, answer: (request) => decide(route, held, decision, request, options) };
  });
}

function decisionOf({ method, path }: ApiRoute): Decision | undefined {
  if (method !== 'POST') return undefined;
  if (path === `${API}/approve`) return 'approve';
  return path === `${API}/reject` ? 'reject' : undefined;
}

async function offer(
  held: ApiRoute,
  request: ApiRequest,
  { confirmations }: DecisionOptions,
): Promise<Answer> {
  const answer = await held.answer(request);
  const shown = shownIn(answer, request.query.get('mirror') ?? '', request.caller.session);
  if (shown === undefined || request.caller.role !== 'decide') return answer;
  const { confirm, untilMs } = confirmations.issue(shown);
  return { ...answer, body: { ...bodyOf(answer), confirm, confirmUntilMs: untilMs } };
}

/** Undefined where nothing is held, or the answer is an error. */
function shownIn(answer: Answer, mirror: string, session: string): Shown | undefined {
  const { id, deletes, overwrites, extraneous, foreign } = bodyOf(answer);
  if (answer.status !== 200 || typeof id !== 'string' || id === '') return undefined;
  const counts = {
    deletes: amount(deletes),
    overwrites: amount(overwrites),
    extraneous: amount(extraneous ?? foreign),
  };
  return { mirror, id, ...counts, session };
}

function bodyOf(answer: Answer): Readonly<Record<string, unknown>> {
  const body = isStream(answer) ? undefined : answer.body;
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function amount(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

async function decide(
  route: ApiRoute,
  held: ApiRoute,
  decision: Decision,
  request: ApiRequest,
  options: DecisionOptions,
): Promise<Answer> {
  const { mirror, id, confirm, typed } = orderIn(request.body);
  const asking = { ...request, query: new URLSearchParams({ mirror }), body: undefined };
  const shown = shownIn(await held.answer(asking), mirror, request.caller.session);
  const changed = async (error: string): Promise<JsonAnswer> => ({
    status: 409,
    body: { error, held: bodyOf(await offer(held, asking, options)) },
  });
  if (shown === undefined || shown.id !== id) return changed('what is held has changed');
  const { deletes, overwrites, extraneous } = shown;
  const phrase = `${decision} ${deletes + overwrites + extraneous}`;
  if (typed.trim().toLowerCase() !== phrase) return changed(`expected the words "${phrase}"`);
  if (!options.confirmations.redeem(confirm, decision, shown))
    return changed('this confirmation is not for what is shown now, or was used');
  const fields = { decision, mirror, id, session: shown.session, deletes, overwrites, extraneous };
  try {
    const answer = await route.answer(request);
    const log = { ...fields, status: answer.status, changed: bodyOf(answer)['changed'] };
    options.log.info('held changes decided on the page', log);
    return answer;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 409) throw error;
    return changed(error.message);
  }
}

/** @throws RefusedError 400 for another body */
function orderIn(body: unknown): Readonly<Record<'mirror' | 'id' | 'confirm' | 'typed', string>> {
  const order: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {};
  const { mirror, id, confirm, typed } = order;
  if (
    typeof mirror !== 'string' ||
    typeof id !== 'string' ||
    typeof confirm !== 'string' ||
    typeof typed !== 'string'
  )
    throw new RefusedError(400, 'expected {"mirror", "id", "confirm", "typed"}, each a text');
  return { mirror, id, confirm, typed };
}
