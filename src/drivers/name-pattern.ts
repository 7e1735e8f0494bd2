/**
 * Whether a name matches a pattern: `*` and `?` stop at `/`, `**` does not; a pattern without `/` is for the last part
 * of the name, and one that ends in `/` for all that is below such a folder, as in gitignore.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  if (pattern.endsWith('/'))
    return matchesPattern(`${pattern.slice(0, -1).includes('/') ? '' : '**/'}${pattern}**`, name);
  const target = pattern.includes('/') ? name : name.slice(name.lastIndexOf('/') + 1);
  return expressionOf(pattern.replace(/^\//, '')).test(target);
}

const compiled = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (mark) => {
    if (mark === '**/') return '(?:.*/)?';
    if (mark === '**') return '.*';
    if (mark === '*') return '[^/]*';
    return mark === '?' ? '[^/]' : `\\${mark}`;
  });
  const expression = new RegExp(`^${source}$`, 'su');
  compiled.set(pattern, expression);
  return expression;
}
