import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type Document, type TracingOptions, UUID } from '../../../lib/index.js';
import type { ObservedSpan } from './match-spans.js';

/** Whole commands, so that they can be read again. */
const TEXT_LENGTH = 10_000;

/** The spans of one client, kept in memory. */
export class ObservedSpans {
  readonly #exporter = new InMemorySpanExporter();
  readonly #provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] });

  /** The options of a client that is observed as `observeTracingMessages` of a test says. */
  options({ enableCommandPayload = false }: Document): TracingOptions {
    return {
      enabled: true,
      tracerProvider: this.#provider,
      queryTextMaxLength: enableCommandPayload === true ? TEXT_LENGTH : 0,
    };
  }

  /** The spans that have ended and no other span holds, in the order of their beginnings. */
  tree(): readonly ObservedSpan[] {
    const spans = this.#exporter.getFinishedSpans().map((span, index) => ({ span, index }));
    const startOf = ({ span: { startTime } }: (typeof spans)[number]): number => startTime[0] * 1e9 + startTime[1];
    const ordered = spans.toSorted((a, b) => startOf(a) - startOf(b) || a.index - b.index);
    const below = (parent: string | undefined): ObservedSpan[] =>
      ordered
        .filter(({ span }) => span.parentSpanContext?.spanId === parent)
        .map(({ span }) => ({
          name: span.name,
          attributes: withSession(span.attributes),
          nested: below(span.spanContext().spanId),
        }));
    return below(undefined);
  }
}

/** Attributes are no documents: the session's id is written as that of its UUID, and compared as the whole. */
function withSession({ 'db.mongodb.lsid': id, ...others }: Document): Document {
  return typeof id === 'string' ? { ...others, 'db.mongodb.lsid': { id: new UUID(id) } } : others;
}
