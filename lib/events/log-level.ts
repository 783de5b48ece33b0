/** What a message is about. `client` is Rotor's own: what is wrong with the client's settings. */
export const LOG_COMPONENTS = ['command', 'topology', 'serverSelection', 'connection', 'client'] as const;

export type LogComponent = (typeof LOG_COMPONENTS)[number];

/**
 * From the gravest to the least.
 *
 * @see MongoDB Logging specification, "Log Severity Levels"
 */
export const LOG_SEVERITIES = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warn',
  'notice',
  'info',
  'debug',
  'trace',
] as const;

export type LogSeverity = (typeof LOG_SEVERITIES)[number];

/** The least grave messages that a component logs; `off` for none. */
export type LogThreshold = LogSeverity | 'off';

export function isLogThreshold(value: unknown): value is LogThreshold {
  return value === 'off' || LOG_SEVERITIES.includes(value as LogSeverity);
}

/** Whether a message of this severity is grave enough. */
export function isLogged(severity: LogSeverity, threshold: LogThreshold): boolean {
  return threshold !== 'off' && LOG_SEVERITIES.indexOf(severity) <= LOG_SEVERITIES.indexOf(threshold);
}
