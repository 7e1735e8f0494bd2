import { parseTime } from '../../../clock.js';
import type { HttpAnswer } from '../../http/exchange.js';
import type { Access, Identity, Named } from './access.js';
import { type Asking, ask, astray, listMember, readJson, textMember } from './ask.js';
import { chooseEndpoint, type Endpoint, type EndpointChoice } from './catalogue.js';
import { type Authenticate, addressOf, type Grant } from './session.js';

// https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management and the retired /v2.0/tokens.

const CDN_TYPE = 'rax:object-cdn';

export function keystone3(asking: Asking, access: Access & { readonly kind: 'v3' }): Authenticate {
  return async (call) => {
    const url = `${access.url}/auth/tokens`;
    const scope = access.project === undefined ? {} : { scope: { project: access.project } };
    const answer = await ask(
      asking,
      url,
      {},
      { auth: { identity: identityOf(access.identity), ...scope } },
      call,
    );
    const document = readJson(url, answer);
    const endpoints = listMember(document, 'token', 'catalog').flatMap((service) =>
      listMember(service, 'endpoints').flatMap((endpoint): Endpoint[] => {
        const to = textMember(endpoint, 'url');
        if (to === undefined) return [];
        const region = textMember(endpoint, 'region_id') ?? textMember(endpoint, 'region');
        return [
          {
            ...nameOf(service),
            region,
            interface: textMember(endpoint, 'interface') ?? '',
            url: to,
          },
        ];
      }),
    );
    return grant(
      url,
      answer.headers['x-subject-token'],
      textMember(document, 'token', 'expires_at'),
      answer,
      endpoints,
      access.endpoint,
    );
  };
}

function identityOf(identity: Identity): unknown {
  if (identity.method === 'application_credential')
    return {
      methods: ['application_credential'],
      application_credential: { id: identity.id, secret: identity.secret() },
    };
  const user = { name: identity.user, domain: identity.domain, password: identity.secret() };
  return { methods: ['password'], password: { user } };
}

export function keystone2(asking: Asking, access: Access & { readonly kind: 'v2' }): Authenticate {
  return async (call) => {
    const url = `${access.url}/tokens`;
    const credentials = access.isApiKey
      ? { 'RAX-KSKEY:apiKeyCredentials': { username: access.user, apiKey: access.secret() } }
      : { passwordCredentials: { username: access.user, password: access.secret() } };
    const answer = await ask(
      asking,
      url,
      {},
      { auth: { ...credentials, ...tenantOf(access.project) } },
      call,
    );
    const document = readJson(url, answer);
    const endpoints = listMember(document, 'access', 'serviceCatalog').flatMap((service) =>
      listMember(service, 'endpoints').flatMap((endpoint) =>
        (['public', 'internal', 'admin'] as const).flatMap((kind): Endpoint[] => {
          const to = textMember(endpoint, `${kind}URL`);
          return to === undefined
            ? []
            : [
                {
                  ...nameOf(service),
                  region: textMember(endpoint, 'region'),
                  interface: kind,
                  url: to,
                },
              ];
        }),
      ),
    );
    const token = textMember(document, 'access', 'token', 'id');
    return grant(
      url,
      token,
      textMember(document, 'access', 'token', 'expires'),
      answer,
      endpoints,
      access.endpoint,
    );
  };
}

function tenantOf(project: Named | undefined): Record<string, string> {
  if (project === undefined) return {};
  return 'id' in project ? { tenantId: project.id } : { tenantName: project.name };
}

function nameOf(service: unknown): Pick<Endpoint, 'type' | 'name'> {
  return { type: textMember(service, 'type') ?? '', name: textMember(service, 'name') };
}

function grant(
  url: string,
  token: string | undefined,
  expires: string | undefined,
  answer: HttpAnswer,
  endpoints: readonly Endpoint[],
  choice: EndpointChoice,
): Grant {
  if (token === undefined) throw astray(url, answer, 'no token');
  const { region, url: storage } = chooseEndpoint(endpoints, choice);
  const cdn = endpoints.find(
    (each) => each.type === CDN_TYPE && each.interface === 'public' && each.region === region,
  );
  // By the service's own clock, which says when the token ends.
  const now = parseTime(answer.headers['date'] ?? '');
  const end = parseTime(expires ?? '');
  return {
    token,
    storage: addressOf(storage),
    cdn: cdn === undefined ? undefined : addressOf(cdn.url),
    validForMs: now === undefined || end === undefined ? undefined : Math.max(end - now, 0),
  };
}
