/** Text for element content and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/**
 * A page without any script. The meta element lets forms of this page carry their `Origin`, which `no-referrer` would make
 * `null` (Fetch standard, "append a request Origin header"); to other sites nothing goes.
 */
export function htmlPage(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · longshore</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body><main>${main}</main></body>
</html>
`;
}

export const STYLE_PATH = '/sign-in.css';

/** Of the pages that need no session. */
export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.4rem; }
label, input, button { display: block; font: inherit; }
input, button { box-sizing: border-box; min-height: 2.5rem; padding: 0.4rem 0.8rem; margin: 0.4rem 0 1rem; }
input { width: 100%; }
.wrong { border-left: 4px solid; padding-left: 0.8rem; font-weight: 600; }
`;
