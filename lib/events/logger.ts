import type { ClientEmitter, ClientEvents, EventLog } from './emitter.js';
import { isLogged, type LogComponent, type LogSeverity } from './log-level.js';
import { LOG_TABLE } from './log-messages.js';
import { type LogOptions, type LogSettings, logSettings } from './log-settings.js';
import type { LogMessage } from './log-sink.js';

/**
 * Makes messages of a client's events. It hears only of events whose messages are grave enough: for all others nothing
 * is made.
 *
 * @see MongoDB Logging specification
 */
export class Logger implements EventLog {
  readonly names: ReadonlySet<keyof ClientEvents>;
  readonly #settings: LogSettings;

  constructor(settings: LogSettings) {
    this.#settings = settings;
    const names = Object.keys(LOG_TABLE) as (keyof ClientEvents)[];
    this.names = new Set(
      names.filter((name) => {
        const { component, severity } = LOG_TABLE[name]!;
        return this.#logs(component, severity);
      }),
    );
  }

  tell<Name extends keyof ClientEvents>(name: Name, event: Parameters<ClientEvents[Name]>[0]): void {
    if (!this.names.has(name)) return;
    const { component, severity, message, fields } = LOG_TABLE[name]!;
    const { maxDocumentLength } = this.#settings;
    this.#write(component, severity, message, () => fields(event, maxDocumentLength));
  }

  /** A message that belongs to no event. */
  say(component: LogComponent, severity: LogSeverity, message: string): void {
    if (this.#logs(component, severity)) this.#write(component, severity, message, () => ({}));
  }

  #logs(component: LogComponent, severity: LogSeverity): boolean {
    return isLogged(severity, this.#settings.thresholds[component]);
  }

  #write(c: LogComponent, s: LogSeverity, message: string, read: () => object): void {
    const written: Record<string, unknown> = { t: new Date(), c, s, message };
    try {
      // "the field MUST be omitted from the message altogether"
      for (const [name, value] of Object.entries(read())) if (value !== undefined) written[name] = value;
    } catch (error) {
      // A getter or toBSON of the user's, which the message asks again. The operation has nothing to do with it.
      written.unreadable = String(error);
    }
    this.#settings.sink.write(written as unknown as LogMessage);
  }
}

/**
 * Logs a client's events, if its options or the environment ask for that.
 *
 * @param warnings - what is wrong with the client's connection string
 */
export function attachLogger(
  emitter: ClientEmitter,
  options: LogOptions,
  warnings: readonly { readonly message: string }[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const settings = logSettings(options, env);
  if (settings === undefined) return;
  const logger = new Logger(settings);
  emitter.logTo(logger);
  for (const { message } of warnings) logger.say('client', 'warn', message);
}
