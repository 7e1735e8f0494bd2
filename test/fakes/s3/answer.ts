import { randomUUID } from 'node:crypto';

/** Thrown by a handler: S3's error document. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly elements: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    headers: Readonly<Record<string, string>> = {},
    elements: Readonly<Record<string, string>> = {},
  ) {
    super(`refused: ${code}`);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.elements = elements;
  }
}

export function errorXml(code: string, elements: Readonly<Record<string, string>> = {}): string {
  const more = Object.entries(elements).map(
    ([name, value]) => `<${name}>${escapeXml(value)}</${name}>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>the fake says ${code}</Message>${more.join('')}<RequestId>${randomUUID()}</RequestId></Error>`;
}

export function xml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, (mark) =>
    mark === '\r' ? '&#13;' : { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[mark]!,
  );
}

/** As AWS does it for `encoding-type=url`: a blank is `+`, a slash stays. */
export function listed(text: string, encoded: boolean): string {
  // What XML cannot carry is lost, as MinIO loses it.
  if (!encoded)
    return escapeXml(text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd'));
  const percent = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return percent.replaceAll('%20', '+').replaceAll('%2F', '/');
}
