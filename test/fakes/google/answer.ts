import type { Answer } from '../http-service.js';
import type { Fields, Refusal } from './store.js';

/** A document of the JSON API with the fields that were asked for. */
export function json(
  document: Fields,
  fields?: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = fields === undefined ? document : (selected(document, fieldsIn(fields)) as Fields);
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

type Selection = Map<string, Selection | undefined>;

/** `kind,items(name,size)`, as https://cloud.google.com/storage/docs/json_api#partial-response has it; `a/b` is the same as `a(b)`. */
function fieldsIn(text: string): Selection {
  let at = 0;
  const read = (): Selection => {
    const selection: Selection = new Map();
    while (at < text.length) {
      const [name = ''] = /^[^,()/]*/.exec(text.slice(at)) ?? [];
      at += name.length;
      let inner: Selection | undefined;
      if (text[at] === '(') {
        at += 1;
        inner = read();
        at += 1;
      }
      selection.set(name, inner);
      if (text[at] !== ',') break;
      at += 1;
    }
    return selection;
  };
  return read();
}

function selected(value: unknown, selection: Selection | undefined): unknown {
  if (selection === undefined || selection.has('*')) return value;
  if (Array.isArray(value)) return value.map((each) => selected(each, selection));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      selection.has(name) ? [[name, selected(each, selection.get(name))]] : [],
    ),
  );
}

export function refusalOf(
  { status, reason, message }: Pick<Refusal, 'status' | 'reason' | 'message'>,
  isXml: boolean,
): Answer {
  if (isXml)
    return {
      status,
      headers: { 'content-type': 'application/xml; charset=UTF-8' },
      body: `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${reason}</Code><Message>${message}</Message></Error>`,
    };
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify({
      error: { code: status, message, errors: [{ message, domain: 'global', reason }] },
    }),
  };
}

export const xml = (root: string, content: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml; charset=UTF-8' },
  body: `<?xml version='1.0' encoding='UTF-8'?><${root} xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>${content}</${root}>`,
});
