import { escapeHtml, htmlPage } from './html.js';
import type { Session } from './sessions.js';

/** The form that exchanges a token for a session. It needs no script. `problem`: why the last try was not taken. */
export function signInPage(problem?: string): string {
  const alert =
    problem === undefined ? '' : `<p class="wrong" role="alert">${escapeHtml(problem)}</p>`;
  return htmlPage(
    'Sign in',
    `<h1>Sign in to longshore</h1>${alert}
<form method="post" action="/sign-in">
<input type="hidden" name="username" autocomplete="username" value="longshore">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus spellcheck="false">
<button type="submit">Sign in</button>
</form>
<p>The token is where <code>status.token</code> of the configuration says. Without that setting, longshore has made one: the line
<code>status page served</code> of its log names the file.</p>`,
  );
}

/** For one who has signed in: the way out, without a script. */
export function signOutPage({ role, csrf = '' }: Pick<Session, 'role' | 'csrf'>): string {
  const may = role === 'decide' ? 'may look and decide' : 'may look';
  return htmlPage(
    'Signed in',
    `<h1>Signed in</h1><p>This browser ${may}, for at most twelve hours. <a href="/">To the overview</a></p>
<form method="post" action="/sign-out"><input type="hidden" name="csrf" value="${escapeHtml(csrf)}">
<button type="submit">Sign out</button></form>`,
  );
}
