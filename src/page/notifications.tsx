import type { Notification } from './api.js';
import { Icon } from './icons.js';
import { Escaped } from './names.js';
import { mayAct, type ViewProps } from './parts.js';
import { momentOf } from './times.js';

/** Receivers of messages and heartbeats, how the last delivery went, and a test of each. */
export function Notifications(props: ViewProps) {
  const { notifications } = props.model;
  if (notifications === undefined) return null;
  return (
    <section aria-labelledby="h-notifications">
      <div class="h2row">
        <h2 id="h-notifications">Notifications</h2>
        <span class="muted">addresses are not shown beyond their host</span>
      </div>
      {notifications.length === 0 ? (
        <p class="empty">
          None. The heartbeat is the one to begin with: a URL that is called after each success, and
          whose silence is the alarm.
        </p>
      ) : (
        <table class="stack receivers">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Sends</th>
              <th scope="col">To</th>
              <th scope="col">Last sent</th>
              <th scope="col">Result</th>
              {mayAct(props) ? (
                <th scope="col">
                  <span class="vh">Test</span>
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {notifications.map((one) => (
              <Receiver {...props} one={one} key={one.name} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Receiver({ one, ...props }: ViewProps & { one: Notification }) {
  const { model, acts } = props;
  const { name, on, to, lastMs, ok, detail, canTest } = one;
  return (
    <tr>
      <td>
        <b>
          <Escaped text={name} />
        </b>
      </td>
      <td>
        <Escaped text={on} />
      </td>
      <td>
        <code>{to === null ? '–' : <Escaped text={to} />}</code>
      </td>
      <td>{lastMs === null ? 'not yet' : momentOf(lastMs, model.nowMs, model.zone)}</td>
      <td>
        {ok === null ? (
          '–'
        ) : (
          <>
            <Icon name={ok ? 'ok' : 'down'} tone={ok ? 'ok' : 'bad'} />{' '}
            <Escaped text={`${ok ? '' : 'failed: '}${detail}`} />
          </>
        )}
      </td>
      {mayAct(props) ? (
        <td class="act">
          {canTest ? (
            <button type="button" onClick={() => acts?.testNotification(name)}>
              Send a test
              <span class="vh"> to {name}</span>
            </button>
          ) : null}
        </td>
      ) : null}
    </tr>
  );
}
