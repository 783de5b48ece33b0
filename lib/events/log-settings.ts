import { fileSink, stderrSink, stdoutSink } from './line-sink.js';
import { isLogThreshold, LOG_COMPONENTS, type LogComponent, type LogThreshold } from './log-level.js';
import type { LogPath, LogSink, LogWritable } from './log-sink.js';
import { UserSink } from './user-sink.js';

/** The least grave messages of each component; `default` is for those that are not named. */
export type LogSeverities = { readonly [Name in LogComponent | 'default']?: LogThreshold | undefined };

/** What code says of logs, with the official driver's names. */
export interface LogOptions {
  readonly mongodbLogPath?: LogPath | undefined;
  readonly mongodbLogComponentSeverities?: LogSeverities | undefined;
  readonly mongodbLogMaxDocumentLength?: number | undefined;
}

/** What is logged, and where to. */
export interface LogSettings {
  readonly thresholds: Readonly<Record<LogComponent, LogThreshold>>;
  readonly sink: LogSink;
  /** The most code points of a document; 0 for no limit. */
  readonly maxDocumentLength: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_MAX_DOCUMENT_LENGTH = 1000;

/** `MONGODB_LOG_CLIENT` is not of the specification, which leaves components of a driver's own to the driver. */
const VARIABLES: Readonly<Record<LogComponent | 'default', string>> = {
  command: 'MONGODB_LOG_COMMAND',
  topology: 'MONGODB_LOG_TOPOLOGY',
  serverSelection: 'MONGODB_LOG_SERVER_SELECTION',
  connection: 'MONGODB_LOG_CONNECTION',
  client: 'MONGODB_LOG_CLIENT',
  default: 'MONGODB_LOG_ALL',
};

/**
 * Settles options and environment variables: "programmatic configuration MUST take precedence".
 *
 * @returns undefined where nothing is logged
 * @see MongoDB Logging specification, "Implementation requirements"
 */
export function logSettings(options: LogOptions, env: Environment): LogSettings | undefined {
  const given = options.mongodbLogComponentSeverities ?? {};
  const thresholdOf = (component: LogComponent): LogThreshold =>
    given[component] ?? given.default ?? fromVariable(component, env) ?? fromVariable('default', env) ?? 'off';
  const thresholds = Object.fromEntries(LOG_COMPONENTS.map((component) => [component, thresholdOf(component)]));
  if (Object.values(thresholds).every((threshold) => threshold === 'off')) return undefined;
  return {
    thresholds: thresholds as Record<LogComponent, LogThreshold>,
    sink: sinkFor(options.mongodbLogPath ?? (env.MONGODB_LOG_PATH || 'stderr')),
    maxDocumentLength: options.mongodbLogMaxDocumentLength ?? lengthFrom(env) ?? DEFAULT_MAX_DOCUMENT_LENGTH,
  };
}

/** Whether a value is an object of components, or `default`, and severities. */
export function isLogSeverities(value: unknown): value is LogSeverities {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, threshold]) => Object.hasOwn(VARIABLES, name) && (threshold === undefined || isLogThreshold(threshold)),
  );
}

/** Whether messages can go there, as far as that shows without trying. */
export function isLogPath(value: unknown): value is LogPath {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'function' || typeof (value as LogWritable | null)?.write === 'function';
}

function sinkFor(path: LogPath): LogSink {
  if (typeof path !== 'string') return new UserSink(path);
  const name = path.toLowerCase();
  if (name === 'stderr') return stderrSink;
  return name === 'stdout' ? stdoutSink : fileSink(path);
}

function fromVariable(component: LogComponent | 'default', env: Environment): LogThreshold | undefined {
  const variable = VARIABLES[component];
  const value = env[variable]?.toLowerCase();
  if (value === undefined || value === '' || isLogThreshold(value)) return value || undefined;
  return warnOfVariable(variable, value, 'a severity, such as debug');
}

function lengthFrom(env: Environment): number | undefined {
  const value = env.MONGODB_LOG_MAX_DOCUMENT_LENGTH;
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,10}$/.test(value)) return Number(value);
  return warnOfVariable('MONGODB_LOG_MAX_DOCUMENT_LENGTH', value, 'an integer from 0');
}

const warned = new Set<string>();

/** "The driver MAY attempt to warn the user about the misconfiguration [...] but MUST NOT throw an exception." */
function warnOfVariable(variable: string, value: string, expected: string): undefined {
  if (warned.has(variable)) return;
  warned.add(variable);
  process.emitWarning(
    `environment variable ${variable} is ignored: expected ${expected}, not ${JSON.stringify(value)}`,
    {
      type: 'RotorWarning',
      code: 'ROTOR_LOG_VARIABLE',
    },
  );
}
