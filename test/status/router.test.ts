import { expect, test } from 'vitest';
import { type ApiRoute, ok, RefusedError, SOCKET_CALLER } from '../../src/status/api.js';
import { createRouter } from '../../src/status/router.js';

function route(
  path: string,
  answer: ApiRoute['answer'] = ({ params }) => ok(params),
  needs: ApiRoute['needs'] = 'read',
  method: ApiRoute['method'] = 'GET',
): ApiRoute {
  return { method, path, needs, answer };
}

const ask = (routes: readonly ApiRoute[], target: string, method = 'GET', caller = SOCKET_CALLER) =>
  createRouter(routes).answer({
    method,
    target,
    caller,
    body: undefined,
    signal: new AbortController().signal,
  });

test('router: parts of a path that a route names are decoded', async () => {
  const routes = [route('/api/v1/mirrors/:mirror/queue'), route('/api/v1/mirrors/:mirror')];
  expect(await ask(routes, '/api/v1/mirrors/a%2Fb%20c/queue?x=1')).toEqual(ok({ mirror: 'a/b c' }));
  expect(await ask(routes, '/api/v1/mirrors/d')).toEqual(ok({ mirror: 'd' }));
});

test.each([
  ['/api/v1/mirrors//queue', 404],
  ['/api/v1/mirrors/a/queue/', 404],
  ['/api/v1/mirrors/%ff/queue', 400],
  ['/api/v1/mirrors/../queue', 400],
  ['//evil.example/api/v1/mirrors/a/queue', 400],
  ['http://evil.example/api/v1/mirrors/a/queue', 400],
  ['*', 400],
  ['/constructor', 404],
])('router: %s is refused with %i', async (target, status) => {
  expect(await ask([route('/api/v1/mirrors/:mirror/queue')], target)).toMatchObject({ status });
});

test('router: a caller who may only read gets 403 from a route that decides, which is not asked', async () => {
  let asked = 0;
  const order = route(
    '/pause',
    () => {
      asked += 1;
      return ok({});
    },
    'decide',
    'POST',
  );
  const reader = { via: 'listener', session: 's', role: 'read' } as const;
  expect(await ask([order], '/pause', 'POST', reader)).toMatchObject({ status: 403 });
  expect(await ask([order], '/pause', 'GET')).toMatchObject({ status: 405 });
  expect(asked).toBe(0);
  expect(await ask([order], '/pause', 'POST')).toMatchObject({ status: 200 });
});

test('router: a refusal becomes an answer with its status and members; any other error is thrown', async () => {
  const refusing = route('/a', () => {
    throw new RefusedError(409, 'what is held has changed', { held: { id: 'x' } });
  });
  expect(await ask([refusing], '/a')).toEqual({
    status: 409,
    body: { error: 'what is held has changed', held: { id: 'x' } },
  });
  const failing = route('/b', () => {
    throw new Error('index closed');
  });
  await expect(ask([failing], '/b')).rejects.toThrow('index closed');
});

test('router: two routes of one method and path are a fault of the program', () => {
  expect(() => createRouter([route('/a/:b'), route('/a/:c')])).toThrow('two routes');
});
