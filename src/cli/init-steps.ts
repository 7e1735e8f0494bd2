import { dirname, join } from 'node:path';
import { forShell } from '../printable.js';
import type { Answers } from './init-answers.js';
import { SERVICE_STATE, type Site } from './init-text.js';

/** What to do next, as commands to copy. Pure. */
export function nextSteps(site: Site, answers: Answers): readonly string[] {
  const command = `longshore --config ${forShell(site.file)}`;
  return [
    'Look it over, then:',
    `  ${command} check                  say what is wrong with it`,
    ...(site.forService
      ? serviceSteps(answers)
      : [
          `  ${command} reconcile --dry-run    show what would be done`,
          `  ${command} run                    mirror until stopped`,
        ]),
    ...pageSteps(site, answers),
  ];
}

function serviceSteps({ destination }: Answers): readonly string[] {
  const folder = destination.kind === 'folder' ? destination.path : undefined;
  const dropIn = '/etc/systemd/system/longshore.service.d';
  return [
    ...(folder === undefined
      ? []
      : [
          `  install -d -o longshore ${forShell(folder)}`,
          `  install -d ${dropIn} && printf '[Service]\\nReadWritePaths=%s\\n' ${forShell(folder)} >${dropIn}/target.conf`,
          '  systemctl daemon-reload',
        ]),
    '  systemctl enable --now longshore',
    '  longshore status --watch',
  ];
}

function pageSteps({ path, forService }: Site, { page }: Answers): readonly string[] {
  if (page === undefined || page === 'off') return [];
  const state = forService ? SERVICE_STATE : join(dirname(path), '.longshore');
  return [
    `Once it runs, the status page is at http://${page}/, and the token to sign in with in ${join(state, 'page-token')}`,
  ];
}
