/** Something about a connection string that does not stop the client but that the user should know. */
export interface OptionWarning {
  /** The same for warnings that say the same thing, so that a process shows each once. */
  readonly key: string;
  readonly message: string;
}

/** The `code` of the process warnings that connection strings cause. */
export const OPTION_WARNING_CODE = 'ROTOR_URI_OPTION';

const shown = new Set<string>();

/**
 * Shows warnings through `process.emitWarning`, each once per process: a program that makes a client per request would
 * otherwise flood its log. `process.on('warning', ...)` receives them with the code `ROTOR_URI_OPTION`.
 */
export function emitOptionWarnings(warnings: readonly OptionWarning[]): void {
  for (const { key, message } of warnings) {
    if (shown.has(key)) continue;
    shown.add(key);
    process.emitWarning(message, { type: 'RotorWarning', code: OPTION_WARNING_CODE });
  }
}
