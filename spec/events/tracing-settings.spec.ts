import { isTracingOptions, tracingSettings } from '../../lib/events/tracing-settings.js';

const ENABLED = 'OTEL_NODE_INSTRUMENTATION_MONGODB_ENABLED';
const LENGTH = 'OTEL_NODE_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH';
const tracer = { startSpan: () => undefined };
const tracerProvider = { getTracer: () => tracer };
const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
beforeEach(() => warn.mockClear());
afterAll(() => warn.mockRestore());

describe('spans', () => {
  it('are off where nobody says otherwise', () => {
    expect(tracingSettings(undefined, {})).toBeUndefined();
    expect(tracingSettings({}, { [ENABLED]: 'false' })).toBeUndefined();
    expect(tracingSettings({ queryTextMaxLength: 5 }, { [ENABLED]: '' })).toBeUndefined();
  });

  it.each(['true', 'TRUE', '1'])('are on where the variable says %s, unless code says no', (value) => {
    expect(tracingSettings(undefined, { [ENABLED]: value })).toMatchObject({ queryTextMaxLength: 0 });
    expect(tracingSettings({ enabled: false, tracer }, { [ENABLED]: value })).toBeUndefined();
  });

  it('are on where code says yes, or hands over who makes them', () => {
    const env = { [ENABLED]: 'false' };
    expect(tracingSettings({ enabled: true }, env)).toBeDefined();
    expect(tracingSettings({ tracer }, env)!.tracer).toBe(tracer);
    expect(tracingSettings({ tracerProvider }, env)!.tracerProvider).toBe(tracerProvider);
  });

  it('have as much of the command as code says, else the variable', () => {
    const lengthOf = (given: object, env: Record<string, string>): number =>
      tracingSettings({ enabled: true, ...given }, env)!.queryTextMaxLength;
    expect(lengthOf({}, {})).toBe(0);
    expect(lengthOf({}, { [LENGTH]: '1024' })).toBe(1024);
    expect(lengthOf({ queryTextMaxLength: 10 }, { [LENGTH]: '1024' })).toBe(10);
    expect(lengthOf({ queryTextMaxLength: 0 }, { [LENGTH]: '1024' })).toBe(0);
  });

  it('are not what a wrong variable says, of which there is one warning', () => {
    for (let time = 0; time < 2; time++) {
      expect(tracingSettings({}, { [ENABLED]: 'perhaps' })).toBeUndefined();
      expect(tracingSettings({ enabled: true }, { [LENGTH]: '-1' })!.queryTextMaxLength).toBe(0);
    }
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      `environment variable ${ENABLED} is ignored: expected true or false, not "perhaps"`,
      `environment variable ${LENGTH} is ignored: expected a positive integer, not "-1"`,
    ]);
  });
});

describe('the option', () => {
  it.each([[{}], [{ enabled: true, queryTextMaxLength: 0 }], [{ tracer, tracerProvider, enabled: undefined }]])(
    'can be %p',
    (value) => expect(isTracingOptions(value)).toBe(true),
  );

  it.each([
    [true],
    [null],
    [[]],
    [{ enabled: 1 }],
    [{ queryTextMaxLength: -1 }],
    [{ queryTextMaxLength: 1.5 }],
    [{ queryTextMaxLength: Number.NaN }],
    [{ tracer: {} }],
    [{ tracer: null }],
    [{ tracerProvider: tracer }],
    [{ enable: true }],
  ])('cannot be %p', (value) => expect(isTracingOptions(value)).toBe(false));
});
