import type { LogComponent, LogSeverity } from './log-level.js';

/** One message. Its other fields have the names of MongoDB's specifications; those without a value are left out. */
export interface LogMessage {
  /** When it was logged. */
  readonly t: Date;
  /** What it is about. */
  readonly c: LogComponent;
  readonly s: LogSeverity;
  /** Such as `Command started`. */
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Where an application takes messages itself. One promise is awaited before the next message is given. */
export interface LogWritable {
  write(message: LogMessage): unknown;
}

/** Where messages go: `stderr`, `stdout`, the path of a file that is appended to, an object or a function. */
export type LogPath = 'stderr' | 'stdout' | (string & {}) | LogWritable | ((message: LogMessage) => unknown);

/** Takes messages. Does not throw, and does not wait. */
export interface LogSink {
  write(message: LogMessage): void;
}

/** Says that messages are lost, as nobody is there to catch it. A sink says so once. */
export function warnOfSink(sink: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(`log messages to ${sink} are lost, of which this is the only warning: ${reason}`, {
    type: 'RotorWarning',
    code: 'ROTOR_LOG_SINK',
  });
}
