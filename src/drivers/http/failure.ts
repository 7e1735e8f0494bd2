import { HttpError, type HttpRequest } from './exchange.js';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

/** undici's error as ours. The message does not have the query, which may hold a signature. */
export function httpError(error: Error, request: HttpRequest): HttpError {
  const code = codeOf(error);
  const where = `${request.method} ${request.origin}${request.path.split('?', 1)[0]}`;
  if (code !== undefined && TIMEOUTS.has(code))
    return new HttpError(`${where}: no answer in time (${code})`, 'timeout', code, error);
  if (code !== undefined && (UNREACHABLE.has(code) || isTlsCode(code)))
    return new HttpError(
      `${where}: cannot connect: ${reasonOf(error)}${adviceOn(code)}`,
      'unreachable',
      code,
      error,
    );
  return new HttpError(`${where}: the connection broke: ${reasonOf(error)}`, 'broken', code, error);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : codeOf(error.cause);
}

function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code);
}

/** An AggregateError (several addresses tried) has an empty message of its own. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((each: Error) => each.message).join('; ');
  return error.message;
}

function adviceOn(code: string): string {
  if (/SELF_SIGNED|UNABLE_TO_|DEPTH_ZERO/.test(code))
    return '. If the server has a certificate of your own authority, name its file as ca_file';
  return '';
}
