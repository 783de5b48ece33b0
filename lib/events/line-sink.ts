import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { type LogMessage, type LogSink, warnOfSink } from './log-sink.js';

/** Bytes that may wait for a slow reader, such as a pipe that nobody empties: messages beyond are dropped. */
const MOST_WAITING = 16 * 1024 * 1024;

/** Writes each message as one line of JSON to a stream, which is opened for the first. */
export class LineSink implements LogSink {
  readonly #name: string;
  readonly #open: () => Writable;
  readonly #instead: LogSink | undefined;
  readonly #broke: () => void;
  #stream: Writable | undefined;
  #warned = false;
  #broken = false;
  /** Whether somebody listens to the stream's errors. */
  #isHeard = false;

  /** @param instead - who takes the messages when the stream fails */
  constructor(name: string, open: () => Writable, instead?: LogSink, broke = () => {}) {
    this.#name = name;
    this.#open = open;
    this.#instead = instead;
    this.#broke = broke;
  }

  write(message: LogMessage): void {
    if (this.#broken) {
      this.#instead!.write(message);
      return;
    }
    this.#stream ??= this.#open();
    this.#writeTo(this.#stream, message);
  }

  #writeTo(stream: Writable, message: LogMessage): void {
    if (stream.writableLength > MOST_WAITING) {
      this.#warn(new Error(`nobody reads them: ${stream.writableLength} bytes wait`));
      return;
    }
    stream.write(`${JSON.stringify(message)}\n`, (error) => {
      if (error) this.#failed(stream, error, message);
    });
  }

  #failed(stream: Writable, error: Error, message: LogMessage): void {
    // The callback comes before the event, which would end the process if nobody listened; a pipe without a reader has
    // one for each write.
    if (!this.#isHeard) stream.on('error', () => {});
    this.#isHeard = true;
    this.#warn(error);
    if (this.#instead === undefined) return;
    if (!this.#broken) this.#broke();
    this.#broken = true;
    this.#instead.write(message);
  }

  #warn(error: Error): void {
    if (!this.#warned) warnOfSink(this.#name, error);
    this.#warned = true;
  }
}

/** Of the process, for all clients. */
export const stderrSink: LogSink = new LineSink('stderr', () => process.stderr);
export const stdoutSink: LogSink = new LineSink('stdout', () => process.stdout);

/** One per file, however many clients log to it: each would keep a descriptor. */
const files = new Map<string, LogSink>();

/**
 * Appends to a file. What cannot be written there goes to stderr.
 *
 * @see MongoDB Logging specification, "Configurable Log Destination"
 */
export function fileSink(path: string): LogSink {
  const file = resolve(path);
  const known = files.get(file);
  if (known !== undefined) return known;
  // The next client may find the file again.
  const broke = (): void => void files.delete(file);
  const sink = new LineSink(`the file ${file} (those that fail go to stderr)`, () => openFile(file), stderrSink, broke);
  files.set(file, sink);
  return sink;
}

function openFile(file: string): Writable {
  // Each failed write tells of the failure itself.
  return createWriteStream(file, { flags: 'a' }).on('error', () => {});
}
