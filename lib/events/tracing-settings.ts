/** What a tracer of OpenTelemetry has to be able to do. A `Tracer` of `@opentelemetry/api` is one. */
export interface SpanTracer {
  startSpan(name: string, options?: any, context?: any): any;
}

/** Where tracers come from. A `TracerProvider` of `@opentelemetry/api` is one. */
export interface SpanTracerProvider {
  getTracer(name: string, version?: string): SpanTracer;
}

/** The option `tracing`: OpenTelemetry spans of a client's operations and commands. */
export interface TracingOptions {
  /**
   * Whether spans are made. Default: true where a tracer or its provider is given, else what the variable
   * `OTEL_NODE_INSTRUMENTATION_MONGODB_ENABLED` says, else false.
   */
  readonly enabled?: boolean | undefined;
  /**
   * Most code points of the command in the attribute `db.query.text`; 0 leaves the attribute out. Default: the variable
   * `OTEL_NODE_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH`, else 0.
   */
  readonly queryTextMaxLength?: number | undefined;
  /** Makes the spans, in the place of the tracer of the global provider. */
  readonly tracer?: SpanTracer | undefined;
  /** Gives the tracer, in the place of the global provider. */
  readonly tracerProvider?: SpanTracerProvider | undefined;
}

/** How spans are made. */
export interface TracingSettings {
  readonly queryTextMaxLength: number;
  readonly tracer: SpanTracer | undefined;
  readonly tracerProvider: SpanTracerProvider | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ENABLED = 'OTEL_NODE_INSTRUMENTATION_MONGODB_ENABLED';
const QUERY_TEXT_MAX_LENGTH = 'OTEL_NODE_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH';

/**
 * Settles the option and the environment variables; the option wins.
 *
 * @returns undefined where no spans are to be made
 * @see MongoDB OpenTelemetry specification, "Enabling and Disabling OpenTelemetry"
 */
export function tracingSettings(
  { enabled, queryTextMaxLength, tracer, tracerProvider }: TracingOptions = {},
  env: Environment = process.env,
): TracingSettings | undefined {
  const isGiven = tracer !== undefined || tracerProvider !== undefined;
  if (!(enabled ?? (isGiven || isSwitchedOn(env)))) return undefined;
  return { tracer, tracerProvider, queryTextMaxLength: queryTextMaxLength ?? lengthFrom(env) };
}

/** What a value of the option `tracing` has to be, for messages. */
export const TRACING_EXPECTED =
  '{ enabled: boolean, queryTextMaxLength: integer from 0, tracer: { startSpan() }, tracerProvider: { getTracer() } }';

const CHECKS: Readonly<Record<keyof TracingOptions, (value: any) => boolean>> = {
  enabled: (value) => typeof value === 'boolean',
  queryTextMaxLength: (value) => Number.isSafeInteger(value) && value >= 0,
  tracer: (value) => typeof value?.startSpan === 'function',
  tracerProvider: (value) => typeof value?.getTracer === 'function',
};

/** Whether a value is an object of these settings and no others. */
export function isTracingOptions(value: unknown): value is TracingOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, given]) =>
      Object.hasOwn(CHECKS, name) && (given === undefined || CHECKS[name as keyof TracingOptions](given)),
  );
}

function isSwitchedOn(env: Environment): boolean {
  const value = env[ENABLED]?.toLowerCase() ?? '';
  if (value === 'true' || value === '1') return true;
  if (value !== 'false' && value !== '0' && value !== '') warnOfVariable(ENABLED, value, 'true or false');
  return false;
}

function lengthFrom(env: Environment): number {
  const value = env[QUERY_TEXT_MAX_LENGTH] ?? '';
  if (/^\d{1,10}$/.test(value)) return Number(value);
  if (value !== '') warnOfVariable(QUERY_TEXT_MAX_LENGTH, value, 'a positive integer');
  return 0;
}

const warned = new Set<string>();

function warnOfVariable(variable: string, value: string, expected: string): void {
  if (warned.has(variable)) return;
  warned.add(variable);
  const message = `environment variable ${variable} is ignored: expected ${expected}, not ${JSON.stringify(value)}`;
  process.emitWarning(message, { type: 'RotorWarning', code: 'ROTOR_TRACING_VARIABLE' });
}
