import { type Infer, list, section, text } from './fields.js';

/** The unchanged value of a header. */
export const headerValue = { pattern: /^[\x20-\x7e]+$/, rule: 'printable ASCII text' };

/** What an HTTP answer says of an object's content; every provider that speaks HTTP keeps these. */
const headerFields = {
  content_type: text('Value of Content-Type.', headerValue).optional(),
  cache_control: text('Value of Cache-Control.', headerValue).optional(),
  content_disposition: text('Value of Content-Disposition.', headerValue).optional(),
  content_encoding: text('Value of Content-Encoding.', headerValue).optional(),
  content_language: text('Value of Content-Language.', headerValue).optional(),
  expires: text('Value of Expires.', headerValue).optional(),
};

const match = text(
  'Names that the rule is for, by a pattern like those of .gitignore: `*.html`, `assets/**`.',
).default('*');

export const HEADER_FIELDS = Object.keys(headerFields) as readonly (keyof typeof headerFields)[];

export const storageClass = (description: string) =>
  text(description, { pattern: /^[A-Z0-9_]+$/, rule: 'a storage class such as "STANDARD_IA"' });

export const headerRules = (
  description = 'Headers by name pattern; the first match of each header wins.',
) =>
  list(
    description,
    section('Headers for objects whose name matches.', { match, ...headerFields }),
  ).default([]);

export const headerAndClassRules = (
  description = 'Headers and storage class by name pattern; the first match of each wins.',
) =>
  list(
    description,
    section('For objects whose name matches.', {
      match,
      ...headerFields,
      storage_class: storageClass('Storage class of these objects.').optional(),
    }),
  ).default([]);

export type HeaderRule = Infer<ReturnType<typeof headerRules>>[number];
/** A rule with a storage class; each key but `match` is optional. */
export type HeaderAndClassRule = Infer<ReturnType<typeof headerAndClassRules>>[number];
