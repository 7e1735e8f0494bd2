import type { Clock } from '../clock.js';
import type { ChannelConfig } from '../config/notify.js';
import { childController } from '../signal.js';
import { DeliveryError } from './delivery-error.js';
import { commandEnv, sendMail } from './mail.js';
import type { Message } from './message.js';
import type { Post } from './post.js';
import { receiverUrl } from './receiver-url.js';
import { runCommand } from './run-command.js';
import { messageAsJson, webhookRequest } from './webhook-request.js';

/** One way on which messages leave. */
export interface Channel {
  readonly name: string;
  /** Resolves when the receiver has taken the message. Rejects with DeliveryError, SecretError, or the signal's reason. */
  deliver(message: Message, signal: AbortSignal): Promise<void>;
}

export interface ChannelParts {
  readonly clock: Pick<Clock, 'after'>;
  readonly post: Post;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Secrets are looked up with each message, so that a missing one is an error of the delivery and not of the mirror. */
export function openChannel(config: ChannelConfig, parts: ChannelParts): Channel {
  return {
    name: config.name,
    async deliver(message, signal) {
      const { controller, unlink } = childController(signal);
      const late = new DeliveryError(`not delivered within ${config.timeout / 1000} s`);
      const cancel = parts.clock.after(config.timeout, () => controller.abort(late));
      try {
        await send(config, message, parts, controller.signal);
      } finally {
        cancel();
        unlink();
      }
    },
  };
}

async function send(
  config: ChannelConfig,
  message: Message,
  { post, env }: ChannelParts,
  signal: AbortSignal,
): Promise<void> {
  switch (config.kind) {
    case 'mail':
      return sendMail(config, message, env, signal);
    case 'command':
      return runCommand(
        {
          words: config.run ?? [],
          env: { ...commandEnv(env), ...factsOf(message) },
          input: `${JSON.stringify(messageAsJson(message))}\n`,
        },
        signal,
      );
    default: {
      const url = receiverUrl(config.url);
      const token = config.token?.reveal();
      return post(
        { method: 'POST', ...webhookRequest({ kind: config.kind, url, token }, message) },
        signal,
      );
    }
  }
}

/** For a shell script, which does not read JSON. */
function factsOf(message: Message): Readonly<Record<string, string>> {
  const { id, kind, mirror, condition, why, lastedSeconds, lagSeconds, title, text } = message;
  return {
    LONGSHORE_ID: id,
    LONGSHORE_KIND: kind,
    LONGSHORE_MIRROR: mirror,
    LONGSHORE_CONDITION: condition,
    LONGSHORE_WHY: why,
    LONGSHORE_LASTED_SECONDS: String(lastedSeconds),
    LONGSHORE_LAG_SECONDS: lagSeconds === null ? '' : String(lagSeconds),
    LONGSHORE_TITLE: title,
    LONGSHORE_TEXT: text,
  };
}
