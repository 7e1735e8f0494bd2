import { type Infer, list, section, text } from '../config/fields.js';
import { matchesPattern } from './name-pattern.js';

export const headerValue = { pattern: /^[\x20-\x7e]+$/, rule: 'printable ASCII text' };

/** What an HTTP answer says of an object's content; every provider that speaks HTTP keeps these. */
export const headerRule = {
  match: text('gitignore-like pattern: `*.html`, `assets/**`.'),
  content_type: text('Content-Type.', headerValue).optional(),
  cache_control: text('Cache-Control.', headerValue).optional(),
  content_disposition: text('Content-Disposition.', headerValue).optional(),
  content_encoding: text('Content-Encoding.', headerValue).optional(),
  content_language: text('Content-Language.', headerValue).optional(),
  expires: text('Expires.', headerValue).optional(),
};

export const headerRules = () =>
  list(
    'Headers by name pattern; the first match of each header wins.',
    section('Headers for objects whose name matches.', headerRule),
  ).default([]);

type HeaderRule = Infer<ReturnType<typeof headerRules>>[number];

const RULED = ['content_type', 'cache_control', 'content_disposition', 'content_encoding', 'content_language', 'expires'] as const;

/** The headers that the rules have for an object: of each, that of the first rule whose pattern matches its key. */
export function headersByPattern(rules: readonly HeaderRule[], key: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const rule of rules) {
    if (!matchesPattern(rule.match, key)) continue;
    for (const name of RULED) {
      const value = rule[name];
      if (value !== undefined) found[name.replace('_', '-')] ??= value;
    }
  }
  return found;
}
